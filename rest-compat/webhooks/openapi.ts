import {
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
} from 'graphql'
import { keyParameter, oauth2, parameterOf, pathsOf, responseOf } from '../v8/openapi-operations.ts'
import { sofaPaths, type SofaOperation } from '../v8/sofa.ts'
import { restViewSdl } from './rest-view.ts'
import { routes, type Route } from './routes.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** The document of webhooks by REST: Sofa's endpoints, with the forms that the graph has. */
export async function webhooksOpenApi(api: GraphQLSchema, issuer: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Webhooks',
      version: '1',
      license: { name: 'MIT', url: 'https://opensource.org/licenses/MIT' },
      description:
        'Addresses that receive signed events, what was delivered to them, and REST hooks for Zapier and Make.',
    },
    servers: [{ url: `${issuer}/webhooks` }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map(name => ({ name })),
    security: [{ oauth2: [] }],
    paths: pathsOf(routes, await sofaPaths(restViewSdl, routes), operationOf),
    components: {
      schemas: { ...schemasOf(api), Problem: problemSchema },
      securitySchemes: { oauth2: oauth2(routes, 'A bearer token of `POST /Api/access_token`, or an API key.') },
    },
  }
}

function operationOf(route: Route, sofa: SofaOperation): JsonSchema {
  const [, name = ''] = route.field.split('.')
  const given = sofa.parameters ?? []
  const body = given.find(parameter => parameter.name === 'data')
  const summary = sofa.description ?? name
  return {
    operationId: name,
    tags: [route.tag],
    summary: summary.split(/(?<=\.)\s/)[0],
    description: summary,
    security: [{ oauth2: route.scope === undefined ? [] : [route.scope] }],
    parameters: [
      ...given
        .filter(parameter => parameter !== body)
        .map(each => ({ ...parameterOf(each, {}), ...asList(each.schema) })),
      ...(route.method === 'GET' ? [] : [keyParameter]),
    ],
    ...(body && { requestBody: { content: { 'application/json': { schema: withoutWords(body.schema) } } } }),
    responses: {
      [route.status]: { description: 'Done', content: { 'application/json': { schema: responseOf(sofa) } } },
      ...Object.fromEntries(Object.entries(refusals).map(([status, description]) => [status, refusal(description)])),
    },
  }
}

/** Lists stand in the address with commas between. */
const asList = ({ type }: JsonSchema) => (type === 'array' ? { style: 'form', explode: false } : {})

const withoutWords = ({ description: _, ...schema }: JsonSchema) => schema

const refusals = {
  400: 'The request cannot be understood',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'No such endpoint or delivery',
  409: 'Not as things are now',
  422: 'The input is not valid',
  429: 'Too many requests',
} as const

const refusal = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
})

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    ...{ type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' } },
    ...{ instance: { type: 'string' }, code: { type: 'string' }, requestId: { type: 'string' } },
    source: { type: 'object' },
  },
}

/** The documents of the view by the types of the graph. */
const documents: Readonly<Record<string, string>> = {
  Endpoint: 'WebhookEndpoint',
  EndpointWithSecret: 'WebhookEndpointWithSecret',
  NewEndpoint: 'NewWebhookEndpoint',
  EndpointSettings: 'WebhookEndpointInput',
  Rotation: 'WebhookRotation',
  SecretShown: 'WebhookSecretShown',
  Preview: 'WebhookPreview',
  Deliveries: 'WebhookDeliveryConnection',
  Delivery: 'WebhookDelivery',
  Attempts: 'WebhookAttemptConnection',
}

function schemasOf(api: GraphQLSchema): JsonSchema {
  const schemas: Record<string, JsonSchema> = {
    Endpoints: { type: 'array', items: { $ref: '#/components/schemas/Endpoint' } },
    Samples: { type: 'array', items: { type: 'object' } },
    RecoveryWanted: members({ recovery: { type: 'string', enum: ['ALL', 'LATEST', 'NONE'], default: 'ALL' } }),
    SinceWanted: members({ since: { type: 'string', format: 'date-time' } }, ['since']),
    DecisionWanted: members({ decision: { type: 'string', enum: ['SEND', 'DELIVERED', 'DISCARD'] } }, ['decision']),
    PreviewWanted: members({
      ...{
        payload: { type: 'object' },
        eventTypes: { type: 'array', items: { type: 'string' } },
        eventId: { type: 'string' },
      },
    }),
    DeedWanted: members(
      {
        deed: { type: 'string', enum: ['REDRIVE', 'REPLAY', 'DISCARD'] },
        count: { type: 'integer', description: 'How many there are, as counted before.' },
        filter: { $ref: '#/components/schemas/WebhookDeliveryFilter' },
      },
      ['deed', 'count'],
    ),
    NewHook: members(
      {
        hookUrl: { type: 'string', format: 'uri', description: 'Or `target_url`, or `url`.' },
        event: { type: 'string', description: 'Such as `Accounts.created`; or a list, `events`.' },
        payload: { type: 'object', default: { kind: 'FULL' } },
      },
      ['hookUrl', 'event'],
    ),
  }
  const add = (name: string, type: GraphQLNamedType | undefined) => {
    if (schemas[name] || !(isObjectType(type) || isInputObjectType(type))) return
    const fields = Object.values(type.getFields()).filter(field => !('args' in field) || field.args.length === 0)
    const needed = isObjectType(type) ? [] : fields.filter(field => isNonNullType(field.type)).map(field => field.name)
    schemas[name] = { type: 'object' }
    const properties = fields.map(({ name, type, description }) => [
      name,
      { ...schemaOf(type, add), ...(description && { description }) },
    ])
    schemas[name] = {
      ...members(Object.fromEntries(properties), needed),
      ...(type.description && { description: type.description }),
    }
  }
  for (const [name, type] of Object.entries(documents)) add(name, api.getType(type) ?? undefined)
  add('WebhookDeliveryFilter', api.getType('WebhookDeliveryFilter') ?? undefined)
  return schemas
}

type Add = (name: string, type: GraphQLNamedType | undefined) => void

function schemaOf(type: GraphQLType, add: Add): JsonSchema {
  const bare = getNullableType(type)
  const isNullable = !isNonNullType(type)
  if (isListType(bare)) return { type: isNullable ? ['array', 'null'] : 'array', items: schemaOf(bare.ofType, add) }
  if (isEnumType(bare)) {
    const values = bare.getValues().map(({ name }) => name)
    return isNullable ? { enum: [...values, null] } : { type: 'string', enum: values }
  }
  if (isObjectType(bare) || isInputObjectType(bare)) {
    const known = Object.entries(documents).find(([, name]) => name === bare.name)?.[0] ?? bare.name
    add(known, bare)
    return { $ref: `#/components/schemas/${known}` }
  }
  const kind = kinds[String(bare)]
  if (kind === undefined) return {}
  return { type: isNullable ? [kind, 'null'] : kind }
}

const kinds: Readonly<Record<string, string>> = {
  ...{ ID: 'string', String: 'string', DateTime: 'string', Int: 'integer', Float: 'number', Boolean: 'boolean' },
}

const members = (properties: JsonSchema, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
})
