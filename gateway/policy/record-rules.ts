import { administeredModules } from '../../schema/access.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { isMany, type Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { scoped, type Arguments, type Rule } from './rule.ts'

type Verb = 'read' | 'write' | 'delete'

/** These are credentials: seeing them is an administrator's work too. */
const credentials: ReadonlySet<string> = new Set(['OAuth2Clients', 'OAuth2Tokens'])

/** What a token needs to do this with records of the module. */
export function recordScopes({ name }: Module, verb: Verb): readonly string[] {
  const own = `records:${verb}:${name}`
  if (verb === 'read') return credentials.has(name) ? [own, 'admin:read'] : [own]
  return administeredModules.has(name) || credentials.has(name) ? [own, 'admin:write'] : [own]
}

/** The rules of everything that the crm subgraph generates for a module: they follow from the module alone. */
export function recordRules(catalog: Catalog, module: Module): readonly (readonly [coordinate: string, Rule])[] {
  const { type, one, many } = module.graphql
  const links = catalog.links(module)
  const read = scoped(...recordScopes(module, 'read'))
  const write = scoped(...recordScopes(module, 'write'))
  const relate: Rule = {
    ...write,
    also: { says: 'what the link needs at its other end', of: args => farScopes(links, args) },
  }
  return [
    [`Query.${one}`, read],
    [`Query.${many}`, read],
    [`Mutation.create${type}`, write],
    [`Mutation.update${type}`, { ...write, also: deletionByUpdate(module) }],
    [`Mutation.delete${type}`, scoped(...recordScopes(module, 'delete'))],
    ...(links.size > 0
      ? ([
          [`Mutation.relate${type}`, relate],
          [`Mutation.unrelate${type}`, relate],
        ] as const)
      : []),
    ...[...links.values()].map(link => [`${type}.${link.name}`, linkRule(link)] as const),
    [`Subscription.${one}Changed`, read],
    [`${type}Change.record`, read],
  ]
}

/** Who follows a link reads both modules. */
const linkRule = ({ module, target }: Link) =>
  scoped(...new Set([...recordScopes(module, 'read'), ...recordScopes(target, 'read')]))

/** A record can be deleted by an update as well, which is how SuiteCRM's older API does it. */
const deletionByUpdate = (module: Module): NonNullable<Rule['also']> => ({
  says: `\`records:delete:${module.name}\` to set \`deleted\``,
  of: ({ input }) =>
    typeof input === 'object' && input !== null && 'deleted' in input && input.deleted
      ? recordScopes(module, 'delete')
      : [],
})

/** Relating changes the other record where that one holds our id; elsewhere it has to be seen only. */
function farScopes(links: ReadonlyMap<string, Link>, { link: name }: Arguments): readonly string[] {
  const link = typeof name === 'string' ? links.get(name) : undefined
  if (!link) return []
  return recordScopes(link.target, isMany(link) && link.via.kind === 'there' ? 'write' : 'read')
}
