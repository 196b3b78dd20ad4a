import { LRUCache } from 'lru-cache'
import type { Catalog } from '../schema/catalog.ts'
import type { RestContext } from './context.ts'

/**
 * A prepared GraphQL operation. Immutable and shared: the gateway keeps its plan by the identity of this object, so an
 * operation is made once per shape (see `prepared`) and values travel as variables only.
 */
export type Operation = { readonly text: string; readonly name: string }

export type ExecuteError = {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

export type ExecuteResult = {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly ExecuteError[]
}

/** Runs an operation on the graph. Never rejects for what a caller can cause; that stands in `errors`. */
export type Execute = (
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
  context: RestContext,
) => Promise<ExecuteResult>

const operationsMax = 2000
const known = new WeakMap<Catalog, LRUCache<string, Operation>>()

/**
 * The operation of that key, written on first use.
 *
 * Kept per catalog, so a change of metadata starts afresh; the least recently used go first, so clients that ask for
 * ever new sets of fields cannot fill the memory.
 *
 * @param key  everything that the text depends on: purpose, module, sorted fields
 */
export function prepared(catalog: Catalog, key: string, write: () => Operation): Operation {
  let operations = known.get(catalog)
  if (!operations) known.set(catalog, (operations = new LRUCache({ max: operationsMax })))
  let operation = operations.get(key)
  if (!operation) operations.set(key, (operation = Object.freeze(write())))
  return operation
}
