import type { ResponsePath } from '@apollo/query-planner'
import { isTree, own, type Tree } from './tree.ts'

/** Where in an answer: response keys and indices of lists. */
export type Path = readonly (string | number)[]

/** The plan's word for all items of a list. */
const everyItem = '@'

/** Can {@link placesAt} follow it? Paths that depend on the type of what they find, it cannot. */
export const isPlain = (path: ResponsePath) => path.every(step => typeof step === 'number' || !/[|\s]/.test(step))

/** The objects that a path of the plan leads to. There are none where an answer is null or short. */
export function placesAt(root: Tree, path: ResponsePath): Tree[] {
  const found: Tree[] = []
  walk(root, path, 0, tree => void found.push(tree))
  return found
}

/** Where each of those objects stands, for errors: in the order of {@link placesAt}. */
export function pathsAt(root: Tree, path: ResponsePath): Path[] {
  const found: Path[] = []
  walk(root, path, 0, (_, at) => void found.push([...at]), [])
  return found
}

function walk(
  value: unknown,
  path: ResponsePath,
  from: number,
  visit: (tree: Tree, at: Path) => void,
  at?: (string | number)[],
) {
  const step = path[from]
  if (step === everyItem || (step === undefined && Array.isArray(value))) {
    if (!Array.isArray(value)) return
    const rest = step === undefined ? from : from + 1
    for (let index = 0; index < value.length; index += 1) {
      at?.push(index)
      walk(value[index], path, rest, visit, at)
      at?.pop()
    }
  } else if (isTree(value)) {
    if (step === undefined) return visit(value, at ?? [])
    const key = String(step)
    at?.push(key)
    walk(own(value, key), path, from + 1, visit, at)
    at?.pop()
  }
}
