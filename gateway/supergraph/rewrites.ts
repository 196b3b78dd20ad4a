import type { FetchDataRewrite } from '@apollo/query-planner'
import { isTree, own, put, type Tree } from './tree.ts'

/** Is a record of this type one of that type, which may be an interface or a union? */
export type IsOfType = (typename: unknown, type: string) => boolean

/** Changes a tree as the plan says: what an interface object is called, or keys that had to be told apart. */
export type Rewrite = (tree: Tree) => void

/** What the plan's changes do to one tree; undefined when there are none. */
export function rewriteOf(rewrites: readonly FetchDataRewrite[] | undefined, isOfType: IsOfType): Rewrite | undefined {
  if (!rewrites?.length) return undefined
  return tree => {
    for (const rewrite of rewrites) apply(rewrite, tree, 0, isOfType)
  }
}

/** A step is a key, or `... on Type`, which goes on only in records of that type. */
function apply(rewrite: FetchDataRewrite, value: unknown, from: number, isOfType: IsOfType): void {
  if (Array.isArray(value)) return value.forEach(each => apply(rewrite, each, from, isOfType))
  const step = rewrite.path[from]
  if (!isTree(value) || step === undefined) return
  const [, type] = /^\.\.\. on (.+)$/.exec(step) ?? []
  if (type !== undefined) {
    if (isOfType(own(value, '__typename'), type)) apply(rewrite, value, from + 1, isOfType)
  } else if (from + 1 < rewrite.path.length) apply(rewrite, own(value, step), from + 1, isOfType)
  else change(rewrite, value, step)
}

function change(rewrite: FetchDataRewrite, tree: Tree, key: string) {
  if (rewrite.kind === 'ValueSetter') return put(tree, key, rewrite.setValueTo)
  if (!Object.hasOwn(tree, key)) return
  put(tree, rewrite.renameKeyTo, tree[key])
  delete tree[key]
}
