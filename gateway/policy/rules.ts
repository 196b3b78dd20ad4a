import { getNamedType, isIntrospectionType, isObjectType, type GraphQLSchema } from 'graphql'
import type { Catalog } from '../../schema/catalog.ts'
import { fieldOf } from '../../schema/module.ts'
import { recordRules, recordScopes } from './record-rules.ts'
import { administrators, anyone, scoped, type Arguments, type Rule, type Rules } from './rule.ts'

const made = new WeakMap<Catalog, Rules>()

/**
 * The one table of who may ask for what, by coordinate. graphql-shield on the subgraphs, the pre-flight of the gateway
 * and docs/scopes.md are made of it; a field that should be in it and is not keeps the house from starting.
 */
export function rulesOf(catalog: Catalog): Rules {
  let rules = made.get(catalog)
  if (!rules) {
    const written = Object.entries(handWritten(catalog))
    made.set(catalog, (rules = new Map([...written, ...catalog.modules.flatMap(each => recordRules(catalog, each))])))
  }
  return rules
}

/** What is not generated from a module. */
// prettier-ignore
const handWritten = (catalog: Catalog): Readonly<Record<string, Rule>> => ({
  // crm: definitions, and deeds that concern several modules
  'Query.modules':                  scoped('metadata:read'),
  'Query.module':                   scoped('metadata:read'),
  'Query.optionLists':              scoped('metadata:read'),
  'Query.optionList':               scoped('metadata:read'),
  'Query.recentViews':              { scopes: [], also: ofNamedModule(catalog) },
  'Mutation.trackView':             { scopes: [], also: ofNamedModule(catalog) },
  'Mutation.logCampaignMerge':      scoped('records:read:Campaigns', 'records:write:CampaignLog'),

  // crm: work that goes on; each job is for who started it
  'Query.job':                      anyone,
  'Query.jobs':                     anyone,
  'Mutation.startBulkUpsert':       { scopes: [], also: ofNamedModule(catalog, 'write') },
  'Mutation.startExport':           { scopes: [], also: ofNamedModule(catalog) },
  'Mutation.addBulkRows':           anyone,
  'Mutation.closeBulkUpsert':       anyone,
  'Mutation.cancelJob':             anyone,
  'Mutation.upsertByExternalId':    { scopes: [], also: ofNamedModule(catalog, 'write') },

  // identity: who one is, and what one may do
  'Query.me':                       anyone,
  'Query.myAccess':                 anyone,
  'Query.moduleAccess':             anyone,
  'Query.userPreferences':          scoped('records:read:Users'),
  'User.roles':                     scoped('records:read:ACLRoles'),
  'User.securityGroups':            scoped('records:read:SecurityGroups'),
  'User.preferences':               scoped('records:read:Users'),
  'Role.actions':                   scoped('records:read:ACLRoles'),
  'Role.fields':                    scoped('records:read:ACLRoles'),
  'Mutation.setRoleActions':        administrators('admin:write'),
  'Mutation.setRoleFields':         administrators('admin:write'),
  'SecurityGroup.members':          scoped('records:read:SecurityGroups', 'records:read:Users'),
  'SecurityGroupMember.user':       scoped('records:read:SecurityGroups', 'records:read:Users'),

  // identity: API clients
  'Query.apiClients':               administrators('admin:read'),
  'Query.apiClient':                administrators('admin:read'),
  'Mutation.createApiClient':       administrators('admin:write'),
  'Mutation.updateApiClient':       administrators('admin:write'),
  'Mutation.rotateApiClientSecret': administrators('admin:write'),
  'Mutation.deleteApiClient':       administrators('admin:write'),
  'ApiClient.actsAs':               administrators('admin:read'),
  'ApiClient.passwordGrant':        administrators('admin:read'),
  'ApiClientWithSecret.secret':     administrators('admin:write'),

  // identity: what API clients may spend
  'Query.clientLimits':             administrators('admin:read'),
  'Mutation.setClientLimit':        administrators('admin:write'),
  'Mutation.clearClientLimit':      administrators('admin:write'),

  // identity: GraphQL documents of API clients
  'Query.trustedDocuments':         administrators('admin:read'),
  'Mutation.registerDocuments':     administrators('admin:write'),
  'Mutation.removeDocument':        administrators('admin:write'),

  // identity: API keys; one's own for everybody, so nobody has to be an administrator
  'Query.apiKeys':                  scoped('admin:read'),
  'Mutation.createApiKey':          scoped('admin:write'),
  'Mutation.rollApiKey':            scoped('admin:write'),
  'Mutation.revokeApiKey':          scoped('admin:write'),
  'ApiKey.owner':                   scoped('admin:read'),
  'ApiKey.createdBy':               scoped('admin:read'),
  'ApiKeyWithSecret.secret':        scoped('admin:write'),

  // identity: what one is signed in with, and one's password; those of others only for administrators
  'Query.tokens':                   scoped('admin:read'),
  'Token.user':                     scoped('admin:read'),
  'Mutation.revokeToken':           scoped('admin:write'),
  'Mutation.signOutEverywhere':     scoped('admin:write'),
  'Mutation.revokeApiClientTokens': administrators('admin:write'),
  'Mutation.changePassword':        scoped('admin:write'),

  // metadata: what this installation adds to the definitions
  'Query.definitionsVersion':       scoped('metadata:read'),
  'Query.customFields':             scoped('metadata:read'),
  'Mutation.addField':              administrators('admin:write'),
  'Mutation.changeField':           administrators('admin:write'),
  'Mutation.removeField':           administrators('admin:write'),
  'Mutation.purgeField':            administrators('admin:write'),
  'Mutation.setOptionList':         administrators('admin:write'),
  'Query.customModules':            scoped('metadata:read'),
  'Mutation.addModule':             administrators('admin:write'),
  'Mutation.removeModule':          administrators('admin:write'),
  'Mutation.restoreModule':         administrators('admin:write'),
  'Mutation.purgeModule':           administrators('admin:write'),

  // events: of the modules that are named, or of those that the token may read
  'Query.events':                   { scopes: [], also: ofReadableModules },
  'Query.eventTypes':               { scopes: [], also: ofReadableModules },
  'Subscription.recordChanged':     { scopes: [], also: ofNamedModule(catalog) },

  // webhooks: one's own for everybody; what an endpoint is told, its owner's rights decide when it is sent
  'Query.webhookEndpoints':             scoped('webhooks:read'),
  'Query.webhookEndpoint':              scoped('webhooks:read'),
  'Query.previewWebhook':               scoped('webhooks:read'),
  'Query.webhookSamples': scoped('webhooks:read'),
  'Query.webhookDeliveries':            scoped('webhooks:read'),
  'Query.webhookDelivery':              scoped('webhooks:read'),
  'Query.countWebhookDeliveries':       scoped('webhooks:read'),
  'WebhookEndpoint.secrets':            scoped('webhooks:read'),
  'WebhookEndpointWithSecret.secret':   scoped('webhooks:write'),
  'WebhookSecretShown.secret':          scoped('webhooks:write'),
  'Mutation.createWebhookEndpoint':     scoped('webhooks:write'),
  'Mutation.updateWebhookEndpoint':     scoped('webhooks:write'),
  'Mutation.pauseWebhookEndpoint':      scoped('webhooks:write'),
  'Mutation.enableWebhookEndpoint':     scoped('webhooks:write'),
  'Mutation.deleteWebhookEndpoint':     scoped('webhooks:write'),
  'Mutation.rotateWebhookSecret':       scoped('webhooks:write'),
  'Mutation.testWebhookEndpoint':       scoped('webhooks:write'),
  'Mutation.doToWebhookDeliveries':     scoped('webhooks:write'),
  'Mutation.recoverWebhookDeliveries':  scoped('webhooks:write'),
  'Mutation.sendWebhookDelivery':       scoped('webhooks:write'),
  'Mutation.decideWebhookDelivery':     scoped('webhooks:write'),

  // ops
  'Query.auditEntries':             administrators('admin:read'),
  'Query.explainDenial':            administrators('logs:read'),
  'Query.requestLog':               scoped('logs:read'),
  'Query.logPolicies':              administrators('admin:read'),
  'Query.requestBodies':            administrators('admin:read'),
  'Mutation.logBodies':             administrators('admin:write'),
  'Mutation.logDetails':            administrators('admin:write'),
  'Query.customEndpoints':          administrators('admin:read'),
  'Query.customEndpoint':           administrators('admin:read'),
  'Mutation.saveCustomEndpoint':    administrators('admin:write'),
  'Mutation.enableCustomEndpoint':  administrators('admin:write'),
  'Mutation.removeCustomEndpoint':  administrators('admin:write'),
  'Query.usage':                    administrators('logs:read'),
  'Query.usersOf':                  administrators('logs:read'),
})

/** The module that the argument names; without one, all of them. */
const ofNamedModule = (catalog: Catalog, verb: 'read' | 'write' = 'read'): NonNullable<Rule['also']> => ({
  says: `\`records:${verb}\` of the module that \`module\` names, or of all`,
  of({ module: name }: Arguments) {
    const module = typeof name === 'string' ? catalog.byName.get(name) : undefined
    return module ? recordScopes(module, verb) : [`records:${verb}`]
  },
})

/** Which those are, the subgraph finds out; see subgraphs/events/permit.ts. */
const ofReadableModules: NonNullable<Rule['also']> = {
  says: '`records:read` of the modules whose events are asked for; for those of the platform, the scope that reads it',
  of: () => [],
}

/**
 * The coordinates of a schema that must have a rule and have none: root fields, fields that lead to records, what other
 * subgraphs add to records, and what is called a secret. (Secret fields of modules are no fields of the graph at all.)
 */
export function withoutRule(schema: GraphQLSchema, catalog: Catalog, rules = rulesOf(catalog)): readonly string[] {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
  const missing: string[] = []
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type) || isPage(catalog, type.name)) continue
    for (const [name, { type: answer }] of Object.entries(type.getFields())) {
      if (federationFields.has(name) || rules.has(`${type.name}.${name}`)) continue
      const answered = getNamedType(answer).name
      const leadsToRecords = catalog.byType.has(answered) || isPage(catalog, answered)
      const isSecret = secretName.test(name) && !catalog.byType.has(type.name)
      if (roots.has(type) || leadsToRecords || isSecret || isForeign(catalog, type.name, name)) {
        missing.push(`${type.name}.${name}`)
      }
    }
  }
  return missing
}

/** @throws Error  naming what has no rule */
export function demandRules(schema: GraphQLSchema, catalog: Catalog) {
  const missing = withoutRule(schema, catalog)
  if (missing.length === 0) return
  throw new Error(`No rule says who may ask for ${missing.join(', ')}: name them in gateway/policy/rules.ts.`)
}

/** Rules of the table that no field of the schema has, such as one that was renamed. */
export function withoutField(schema: GraphQLSchema, rules: Rules): readonly string[] {
  return [...rules.keys()].filter(coordinate => {
    const [typeName = '', field = ''] = coordinate.split('.')
    const type = schema.getType(typeName)
    return !isObjectType(type) || !(field in type.getFields())
  })
}

/** Only the gateway asks for these; shielding guards the entities. */
const federationFields: ReadonlySet<string> = new Set(['_service', '_entities'])

const secretName = /secret|password|token$|credential/i

/** The parts of a page, which is reached only through a field that has a rule. */
const isPage = (catalog: Catalog, type: string) =>
  ['Connection', 'Edge'].some(end => type.endsWith(end) && catalog.byType.has(type.slice(0, -end.length)))

/** A field of a record that its module does not define. */
function isForeign(catalog: Catalog, type: string, field: string) {
  const module = catalog.byType.get(type)
  return module !== undefined && !fieldOf(module, field) && !ownFields.has(field)
}

/** What the crm gives to records beside the fields of their module. */
const ownFields: ReadonlySet<string> = new Set(['record_version', 'file'])
