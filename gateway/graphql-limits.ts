import {
  GraphQLError,
  Kind,
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'

/** How much one operation may be. GraphiQL's introspection query is 15 deep and has 100 fields. */
export const limits = { depth: 20, rootFields: 50, aliases: 100, directives: 50, tokens: 4_000, cost: 10_000 } as const

type Size = { readonly depth: number; readonly aliases: number; readonly directives: number }

const nothing: Size = { depth: 0, aliases: 0, directives: 0 }

/**
 * A validation rule: refuses operations that are too deep or too broad before anything is planned. Fragments count as
 * often as they are spread, and are measured once.
 */
export function limitsRule(context: ValidationContext): ASTVisitor {
  return {
    [Kind.DOCUMENT](document) {
      const measure = measurer(document)
      for (const operation of document.definitions) {
        if (operation.kind !== Kind.OPERATION_DEFINITION) continue
        const { depth, aliases, directives } = measure(operation.selectionSet)
        const refuse = (what: string, is: number, max: number) =>
          is > max &&
          context.reportError(
            new GraphQLError(`The operation has ${what} ${is}; at most ${max} is accepted`, {
              nodes: operation,
              extensions: { code: 'BAD_REQUEST' },
            }),
          )
        refuse('depth', depth, limits.depth)
        refuse('root fields', operation.selectionSet.selections.length, limits.rootFields)
        refuse('aliases', aliases, limits.aliases)
        refuse('directives', directives, limits.directives)
      }
    },
  }
}

function measurer(document: DocumentNode) {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const each of document.definitions)
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each)
  const measured = new Map<string, Size>()

  function measure({ selections }: SelectionSetNode): Size {
    let { depth, aliases, directives } = nothing
    for (const selection of selections) {
      const isField = selection.kind === Kind.FIELD
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? ofFragment(selection.name.value)
          : selection.selectionSet
            ? measure(selection.selectionSet)
            : nothing
      depth = Math.max(depth, inner.depth + (isField ? 1 : 0))
      aliases += inner.aliases + (isField && selection.alias ? 1 : 0)
      directives += inner.directives + (selection.directives?.length ?? 0)
    }
    return { depth, aliases, directives }
  }

  /** A fragment that spreads itself counts as nothing here; another rule refuses it. */
  function ofFragment(name: string): Size {
    const known = measured.get(name)
    if (known) return known
    measured.set(name, nothing)
    const fragment = fragments.get(name)
    const size = fragment ? measure(fragment.selectionSet) : nothing
    measured.set(name, size)
    return size
  }

  return measure
}
