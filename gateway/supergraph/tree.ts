/**
 * What subgraphs answer, as it grows while a plan is run. Response keys are the client's words: one may be `__proto__`
 * or `constructor`, so nothing here reads what an object inherits or writes through a setter.
 */
export type Tree = Record<string, unknown>

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A property of the object itself; undefined for what it lacks. */
export const own = (tree: Tree, key: string): unknown => (Object.hasOwn(tree, key) ? tree[key] : undefined)

/** Sets a property of the object itself. */
export function put(tree: Tree, key: string, value: unknown) {
  if (key === '__proto__')
    Object.defineProperty(tree, key, { value, configurable: true, enumerable: true, writable: true })
  else tree[key] = value
}

/** Puts all of `source` into `target`: objects and lists that both have are joined, all else is taken from `source`. */
export function merge(target: Tree, source: Tree) {
  for (const key of Object.keys(source)) put(target, key, joined(own(target, key), source[key]))
}

function joined(there: unknown, comes: unknown): unknown {
  if (there === comes) return there
  if (Array.isArray(there) && Array.isArray(comes)) {
    const list: unknown[] = comes
    for (const [index, each] of list.entries()) there[index] = joined(there[index], each)
    return there as unknown[]
  }
  if (!isTree(there) || !isTree(comes)) return comes
  merge(there, comes)
  return there
}
