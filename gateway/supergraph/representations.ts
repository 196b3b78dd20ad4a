import type { QueryPlanSelectionNode } from '@apollo/query-planner'
import type { IsOfType, Rewrite } from './rewrites.ts'
import { isTree, merge, own, put, type Tree } from './tree.ts'

/** What a subgraph must be told of a record to find it; undefined for records that have not all of that. */
export type Represent = (tree: Tree) => Tree | undefined

/**
 * Reads representations from what is there already.
 *
 * @param requires  what the plan says that the subgraph needs
 */
export function representationOf(
  requires: readonly QueryPlanSelectionNode[],
  isOfType: IsOfType,
  rewrite: Rewrite | undefined,
): Represent {
  const pick = pickerOf(requires, isOfType)
  return tree => {
    const picked = pick(tree)
    // A record of another type, or of which not enough is known.
    if (!picked || Object.keys(picked).length === 0) return undefined
    rewrite?.(picked)
    return picked
  }
}

function pickerOf(selections: readonly QueryPlanSelectionNode[], isOfType: IsOfType): Represent {
  const parts = selections.map(selection => partOf(selection, isOfType))
  return tree => {
    const picked: Tree = {}
    return parts.every(part => part(tree, picked)) ? picked : undefined
  }
}

/** Adds a part of a representation. @returns whether what it needs is there */
type Part = (tree: Tree, picked: Tree) => boolean

function partOf(selection: QueryPlanSelectionNode, isOfType: IsOfType): Part {
  if (selection.kind === 'InlineFragment') {
    const { typeCondition } = selection
    const pick = pickerOf(selection.selections, isOfType)
    return (tree, picked) => {
      // One of several that need different things; of those, some may have been left out by @skip or @include.
      const isMeant = typeCondition === undefined || isOfType(own(tree, '__typename'), typeCondition)
      const more = isMeant ? pick(tree) : undefined
      if (more) merge(picked, more)
      return true
    }
  }
  const key = selection.alias ?? selection.name
  const pick = selection.selections && pickerOf(selection.selections, isOfType)
  return (tree, picked) => {
    const value = pick ? inEach(own(tree, key), pick) : own(tree, key)
    if (value === undefined) return false
    put(picked, key, value)
    return true
  }
}

function inEach(value: unknown, pick: Represent): unknown {
  if (Array.isArray(value)) {
    const items = value.map(each => inEach(each, pick))
    return items.includes(undefined) ? undefined : items
  }
  return isTree(value) ? pick(value) : value
}
