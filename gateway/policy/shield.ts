import { createRequire } from 'node:module'
import util from 'node:util'
import {
  defaultFieldResolver,
  GraphQLObjectType,
  GraphQLString,
  isObjectType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql'
import type { Catalog } from '../../schema/catalog.ts'
import type { Steps } from '../../schema/steps.ts'
import type { Context } from '../../drizzle/context.ts'
import { recordScopes } from './record-rules.ts'
import { isOpenToAll, refusalOf, type Arguments, type Rule } from './rule.ts'
import { demandRules, rulesOf } from './rules.ts'

// graphql-shield 7.6.5 is written for a Node that had util.isUndefined, and must share one CommonJS graphql-middleware.
Object.assign(util, { isUndefined: (value: unknown) => value === undefined })
const require = createRequire(import.meta.url)
const graphqlShield = require('graphql-shield') as typeof import('graphql-shield')

export type ShieldRule = ReturnType<ReturnType<typeof graphqlShield.rule>>

type Resolve = GraphQLFieldResolver<unknown, Context, Arguments>
/** What graphql-shield makes of a rule: what to run instead of the resolver. */
type Guard = { readonly resolve: (resolve: Resolve, ...given: Parameters<Resolve>) => Promise<unknown> }
type Guards = Readonly<Record<string, Readonly<Record<string, Guard>>>>

/**
 * Puts the rules before the resolvers of a subgraph's schema, with graphql-shield, in steps.
 *
 * Only fields with a rule are touched: graphql-shield by itself would wrap every field of every type, which makes
 * execution two to four times slower. A principal that holds every scope passes without it.
 *
 * @param besides  further rules by coordinate, asked of everybody
 * @throws Error   a field that needs a rule has none
 */
export function* shielding(
  schema: GraphQLSchema,
  catalog: Catalog,
  besides: ReadonlyMap<string, ShieldRule> = new Map(),
): Steps<GraphQLSchema> {
  demandRules(schema, catalog)
  yield
  const all = [...rulesOf(catalog), ['Query._entities', entitiesRule(catalog)] as const].flatMap(
    ([coordinate, rule]) => {
      const [type = '', field = ''] = coordinate.split('.')
      const owner = schema.getType(type)
      const definition = isObjectType(owner) ? owner.getFields()[field] : undefined
      const extra = besides.get(coordinate)
      if (!definition || (!extra && isOpenToAll(rule))) return []
      return [{ type, field, definition, rule, extra }]
    },
  )
  yield
  for (let from = 0; from < all.length; from += atOnceMax) {
    const some = all.slice(from, from + atOnceMax)
    const guards = guardsOf(some)
    for (const each of some) guard(schema, each, guards[each.type]?.[each.field])
    yield
  }
  return schema
}

/** For all fields of a schema, graphql-shield takes time by the square of their number. */
const atOnceMax = 20

type Guarded = {
  readonly type: string
  readonly field: string
  readonly definition: GraphQLField<unknown, Context, Arguments>
  readonly rule: Rule
  readonly extra: ShieldRule | undefined
}

function guard(schema: GraphQLSchema, { type, field, definition, rule, extra }: Guarded, guard: Guard | undefined) {
  if (!guard) throw new Error(`graphql-shield made no guard for ${type}.${field}`)
  const isSubscription = type === schema.getSubscriptionType()?.name
  const resolve: Resolve = (isSubscription ? definition.subscribe : definition.resolve) ?? defaultFieldResolver
  const asksEverybody = rule.admin === true || extra !== undefined
  const guarded: Resolve = (source, args, ctx, info) =>
    !asksEverybody && ctx.principal.scopes === 'all'
      ? resolve(source, args, ctx, info)
      : thrown(guard.resolve(resolve, source, args, ctx, info))
  if (isSubscription) definition.subscribe = guarded
  else definition.resolve = guarded
}

const shieldRule = (name: string, rule: Rule) =>
  graphqlShield.rule(name, { cache: 'no_cache' })(
    (_source, args: Arguments, { principal }: Context) => refusalOf(rule, principal, args) ?? true,
  )

/** graphql-shield answers with the error that it or the resolver met. */
async function thrown(answer: Promise<unknown>): Promise<unknown> {
  const value = await answer
  if (value instanceof Error) throw value
  return value
}

/** Other subgraphs reach records by their ids; it needs what reading them needs. */
const entitiesRule = (catalog: Catalog): Rule => ({
  scopes: [],
  also: {
    says: 'the records:read scopes of the modules that the representations name',
    of({ representations }) {
      const named = new Set(
        (Array.isArray(representations) ? representations : []).map((each: unknown) =>
          typeof each === 'object' && each !== null && '__typename' in each ? each.__typename : undefined,
        ),
      )
      return [...named].flatMap(type => {
        const module = typeof type === 'string' ? catalog.byType.get(type) : undefined
        return module ? recordScopes(module, 'read') : []
      })
    },
  },
})

/** What graphql-shield looks at are names. */
function guardsOf(fields: readonly Guarded[]): Guards {
  const tree: Record<string, Record<string, ReturnType<typeof graphqlShield.and>>> = {}
  for (const { type, field, rule, extra } of fields)
    (tree[type] ??= {})[field] = graphqlShield.and(shieldRule(`${type}.${field}`, rule), ...(extra ? [extra] : []))
  const types = Object.entries(tree).map(([name, fields]) => {
    const named = Object.keys(fields).map(field => [field, { type: GraphQLString }] as const)
    return [name, new GraphQLObjectType({ name, fields: Object.fromEntries(named) })] as const
  })
  const made = graphqlShield.shield(tree, { allowExternalErrors: true, fallbackRule: graphqlShield.allow })
  return (made as unknown as Generator).generate({ getTypeMap: () => Object.fromEntries(types) })
}

type Generator = { generate(schema: Pick<GraphQLSchema, 'getTypeMap'>): Guards }
