import {
  getOperationAST,
  isAbstractType,
  isObjectType,
  Kind,
  getNamedType,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import type { Catalog } from '../../schema/catalog.ts'
import type { HouseError } from '../../schema/errors.ts'
import type { Principal } from '../../schema/principal.ts'
import { recordScopes } from './record-rules.ts'
import { refusal, type Rule } from './rule.ts'
import { rulesOf } from './rules.ts'

/** Why an operation is refused before anything is planned; undefined when nothing speaks against it. */
export type Preflight = (
  document: DocumentNode,
  operationName: string | undefined,
  principal: Principal,
) => HouseError | undefined

/** What an operation needs, and what was found for principals who asked before: one verdict for each set of scopes. */
type Needs = {
  readonly scopes: readonly string[]
  readonly admin: boolean
  readonly verdicts: WeakMap<readonly string[], { readonly refusal: HouseError | undefined }>
}

/**
 * Refuses, whole and at once, an operation that its token's scopes do not reach. What it needs is found once for each
 * document; a request then looks its scopes up. Selections under `@skip` and `@include` count as selected.
 *
 * What depends on the values of arguments, the subgraphs decide; they hold to the same table.
 */
export function makePreflight(api: GraphQLSchema, catalog: Catalog): Preflight {
  const known = new WeakMap<DocumentNode, Map<string, Needs>>()

  function needsOf(document: DocumentNode, operationName: string | undefined): Needs {
    let byName = known.get(document)
    if (!byName) known.set(document, (byName = new Map()))
    let needs = byName.get(operationName ?? '')
    if (!needs) {
      needs = { ...neededBy(api, catalog, document, operationName), verdicts: new WeakMap() }
      byName.set(operationName ?? '', needs)
    }
    return needs
  }

  return (document, operationName, principal) => {
    // Every token of a SuiteCRM client. What only administrators may, the subgraphs know.
    if (principal.scopes === 'all') return undefined
    const { scopes, admin, verdicts } = needsOf(document, operationName)
    let verdict = verdicts.get(principal.scopes)
    if (!verdict) {
      verdicts.set(principal.scopes, (verdict = { refusal: refusal(scopes, false, principal) }))
    }
    return verdict.refusal ?? (admin ? refusal([], admin, principal) : undefined)
  }
}

/** The rules of all that an operation selects, taken together. */
export function neededBy(
  api: GraphQLSchema,
  catalog: Catalog,
  document: DocumentNode,
  operationName?: string,
): { readonly scopes: readonly string[]; readonly admin: boolean } {
  const fragments = fragmentsOf(document)
  const entered = new Set<string>()
  const scopes = new Set<string>()
  let admin = false

  function enter({ selections }: SelectionSetNode, type: GraphQLNamedType | undefined) {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        enter(selection.selectionSet, narrowed(selection.typeCondition?.name.value) ?? type)
      } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value)
        if (!fragment || entered.has(selection.name.value)) continue
        entered.add(selection.name.value)
        enter(fragment.selectionSet, narrowed(fragment.typeCondition.name.value))
      } else {
        const name = selection.name.value
        for (const owner of ownersOf(api, type)) need(ruleOf(catalog, owner, name))
        const field =
          isObjectType(type) || (isAbstractType(type) && 'getFields' in type) ? type.getFields()[name] : undefined
        if (selection.selectionSet) enter(selection.selectionSet, field && getNamedType(field.type))
      }
    }
  }

  function need(rule: Rule | undefined) {
    for (const scope of rule?.scopes ?? []) scopes.add(scope)
    if (rule?.admin) admin = true
  }

  const narrowed = (name: string | undefined) => (name === undefined ? undefined : api.getType(name))
  const operation = getOperationAST(document, operationName)
  if (operation) enter(operation.selectionSet, api.getRootType(operation.operation) ?? undefined)
  return { scopes: [...scopes], admin }
}

/** The rule of a field: its own, or for fields of records, that the module may be read. Ids say nothing. */
function ruleOf(catalog: Catalog, type: string, field: string): Rule | undefined {
  const own = rulesOf(catalog).get(`${type}.${field}`)
  if (own || field === 'id' || field.startsWith('__')) return own
  const module = catalog.byType.get(type)
  return module && { scopes: recordScopes(module, 'read') }
}

const ownersOf = (api: GraphQLSchema, type: GraphQLNamedType | undefined): readonly string[] =>
  isAbstractType(type) ? [type, ...api.getPossibleTypes(type)].map(({ name }) => name) : type ? [type.name] : []

function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    definitions.flatMap(each => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [])),
  )
}
