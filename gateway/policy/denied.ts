import {
  getOperationAST,
  Kind,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Catalog } from '../../schema/catalog.ts'
import type { HouseError } from '../../schema/errors.ts'
import type { Module } from '../../schema/module.ts'
import type { PublicError, SubgraphResponse } from '../supergraph/subgraph.ts'

/** One thing that a request was not given. */
export type Denied = {
  readonly kind: 'scope' | 'administrators' | 'forbidden' | 'not_found'
  readonly operation?: string
  readonly missingScope?: string
  readonly module?: string
  readonly action?: string
  readonly recordId?: string
  readonly field?: string
}

type Asked = {
  readonly document: DocumentNode
  readonly operationName?: string
  readonly variables?: Readonly<Record<string, unknown>>
}

type Place = { readonly module: string; readonly action: string }

const deniedMax = 20

/** May the answer hold something that {@link deniedIn} would tell? Asked of every answer, so it looks no deeper. */
export function mayBeDenied({ data, errors }: SubgraphResponse): boolean {
  if (errors) return true
  for (const key in data) if (data[key] === null) return true
  return false
}

/**
 * What an answer refuses, and the records that it has nothing of: whether they are hidden or do not exist is not for
 * the gateway to know. Only what was asked for at the root is told; what a list leaves out is not denied.
 */
export function deniedIn(catalog: Catalog, asked: Asked, { data, errors = [] }: SubgraphResponse): readonly Denied[] {
  const operation = operationText(asked)
  const roots = rootFields(asked)
  const refused = errors.slice(0, deniedMax).flatMap(error => {
    const root = roots.get(String(error.path?.[0] ?? '')) ?? (roots.size === 1 ? [...roots.values()][0] : undefined)
    const denied = deniedBy(error, root && placeOf(catalog, root), root && idOf(root, asked))
    return denied ? [{ ...denied, operation }] : []
  })
  const failed = new Set(errors.map(error => String(error.path?.[0] ?? '')))
  const hidden = [...roots].flatMap(([key, root]) => {
    const place = data?.[key] === null && !failed.has(key) ? placeOf(catalog, root) : undefined
    const recordId = place && idOf(root, asked)
    return place && recordId !== undefined ? [{ kind: 'not_found' as const, operation, ...place, recordId }] : []
  })
  return [...refused, ...hidden].slice(0, deniedMax)
}

/** What an error refuses that no operation of the graph has met. */
export const refusedBy = ({ message, extensions }: HouseError): Denied =>
  deniedBy({ message, extensions }, undefined, undefined) ?? { kind: 'forbidden' }

/** Errors say what they are about; where they do not, the root field does. */
function deniedBy({ extensions }: PublicError, place: Place | undefined, id: string | undefined): Denied | undefined {
  const { code, reason, scope } = extensions
  if (code !== 'FORBIDDEN' && code !== 'NOT_FOUND') return undefined
  if (reason === 'insufficient_scope') return { kind: 'scope', missingScope: text(scope) }
  if (reason === 'administrators_only') return { kind: 'administrators' }
  const module = text(extensions['module'])
  // An error about another module than the root field's is about a record that was to be seen on the way.
  const isThere = module === undefined || module === place?.module
  return {
    kind: code === 'FORBIDDEN' ? 'forbidden' : 'not_found',
    module: module ?? place?.module,
    // Who may not even see what it would change is refused the one, but asked for the other.
    action: (isThere ? place?.action : undefined) ?? text(extensions['action']) ?? 'view',
    recordId: text(extensions['id']) ?? (isThere ? id : undefined),
    field: text(extensions['field']),
  }
}

/** As a column of text can hold it. */
const text = (value: unknown) =>
  typeof value === 'string' && value !== '' ? value.slice(0, 500).replaceAll('\0', '').toWellFormed() : undefined

const placesOf = new WeakMap<Catalog, ReadonlyMap<string, Place>>()

function placeOf(catalog: Catalog, { name }: FieldNode): Place | undefined {
  let places = placesOf.get(catalog)
  if (!places) placesOf.set(catalog, (places = new Map(catalog.modules.flatMap(rootFieldsOf))))
  return places.get(name.value)
}

const rootFieldsOf = ({ name: module, graphql: { type, one, many } }: Module): [string, Place][] => [
  [one, { module, action: 'view' }],
  [many, { module, action: 'list' }],
  [`delete${type}`, { module, action: 'delete' }],
  ...['create', 'update', 'relate', 'unrelate'].map((verb): [string, Place] => [
    `${verb}${type}`,
    { module, action: 'edit' },
  ]),
]

function idOf({ arguments: given = [] }: FieldNode, { variables }: Asked): string | undefined {
  const id = given.find(({ name }) => name.value === 'id')
  return id && text(valueFromASTUntyped(id.value, variables))
}

/** The fields of the operation itself, by the key that they are answered under. */
function rootFields({ document, operationName }: Asked): ReadonlyMap<string, FieldNode> {
  const fields = new Map<string, FieldNode>()
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const each of document.definitions)
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each)

  function enter({ selections }: SelectionSetNode) {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) fields.set((selection.alias ?? selection.name).value, selection)
      else if (selection.kind === Kind.INLINE_FRAGMENT) enter(selection.selectionSet)
      else {
        const fragment = fragments.get(selection.name.value)
        fragments.delete(selection.name.value)
        if (fragment) enter(fragment.selectionSet)
      }
    }
  }

  const operation = getOperationAST(document, operationName)
  if (operation) enter(operation.selectionSet)
  return fields
}

function operationText({ document, operationName }: Asked): string | undefined {
  const operation = getOperationAST(document, operationName)
  return operation ? `${operation.operation} ${operation.name?.value ?? ''}`.trim().slice(0, 200) : undefined
}
