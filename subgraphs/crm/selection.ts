import { Kind, type FieldNode, type GraphQLResolveInfo, type SelectionNode } from 'graphql'

type Fragments = GraphQLResolveInfo['fragments']

type Where = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>

type Entry = {
  readonly nodes: readonly FieldNode[]
  readonly owner: object
  readonly key: string
  readonly made: unknown
}

const known = new WeakMap<FieldNode, Entry[]>()

/**
 * Works something out once for a place in a document: the same field nodes under the same owner and key.
 *
 * @param owner  what the result belongs to, e.g. the catalog; another one works it out anew
 */
export function perPlace<T>(info: Where, owner: object, key: string, make: () => T): T {
  const first = info.fieldNodes[0]
  if (!first) return make()
  const entries = known.get(first) ?? []
  const found = entries.find(
    entry => entry.owner === owner && entry.key === key && sameNodes(entry.nodes, info.fieldNodes),
  )
  if (found) return found.made as T
  const made = make()
  known.set(first, [...entries, { nodes: info.fieldNodes, owner, key, made }])
  return made
}

const sameNodes = (a: readonly FieldNode[], b: readonly FieldNode[]) =>
  a.length === b.length && a.every((node, at) => node === b[at])

/**
 * The names of the fields that an operation selects below `path`, without duplicates, in order. `@skip` and
 * `@include` are not looked at: what may be needed is read.
 *
 * @param path  field names to go down first, e.g. `['edges', 'node']`
 * @param type  passes over fragments on other types
 */
export function selectedFields(info: Where, path: readonly string[] = [], type?: string): readonly string[] {
  let nodes: readonly FieldNode[] = info.fieldNodes
  for (const step of path) nodes = children(nodes, info.fragments, type).filter(node => node.name.value === step)
  return [...new Set(children(nodes, info.fragments, type).map(node => node.name.value))]
}

/** The fields directly below some fields, fragments opened. With `type`, fragments on other types are passed over. */
function children(nodes: readonly FieldNode[], fragments: Fragments, type?: string): FieldNode[] {
  const open = (selections: readonly SelectionNode[]): FieldNode[] =>
    selections.flatMap(selection => {
      switch (selection.kind) {
        case Kind.FIELD:
          return [selection]
        case Kind.INLINE_FRAGMENT:
          return fits(selection.typeCondition?.name.value, type) ? open(selection.selectionSet.selections) : []
        case Kind.FRAGMENT_SPREAD: {
          const fragment = fragments[selection.name.value]
          return fragment && fits(fragment.typeCondition.name.value, type) ? open(fragment.selectionSet.selections) : []
        }
      }
    })
  return nodes.flatMap(node => open(node.selectionSet?.selections ?? []))
}

const fits = (condition: string | undefined, type: string | undefined) =>
  condition === undefined || type === undefined || condition === type
