import type { Access } from '../schema/access.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { HouseError } from '../schema/errors.ts'
import type { Principal } from '../schema/principal.ts'
import type { Execute } from './operation.ts'

/** What a REST request carries: who asks, what exists, and the one way to the graph. Made by the gateway. */
export type RestContext = {
  readonly catalog: Catalog
  readonly principal: Principal
  readonly now: () => Date
  readonly requestId: string
  readonly execute: Execute
  /**
   * Runs operations that are all stored, or none.
   *
   * @param work  answers what JSON can hold; a repeat under an Idempotency-Key gets what it answered the first time
   * @throws HouseError  BAD_REQUEST: a house whose subgraphs run apart has no transaction over all of them
   */
  readonly atomically: <T>(work: (whole: Whole) => Promise<T>, isRehearsal: boolean) => Promise<Done<T>>
  /** What a principal may do; remembered, so asking costs nothing. */
  readonly accessOf: (principal: Principal) => Promise<Access>
  /** Operations are checked and run, and nothing of them stays. */
  readonly isRehearsal?: boolean
  /** Tells of what a view refused without asking the graph. */
  readonly refused?: (error: HouseError) => void
  readonly log: (fields: Record<string, unknown>, message: string) => void
}

/** What came of work, now or when it was done first. */
type Done<T> = { readonly value: T; readonly isRepeat: boolean }

/** Operations that are all stored, or none. */
export type Whole = {
  readonly context: RestContext
  /**
   * Does a part of it once for a key of its own, whichever request brings it again.
   *
   * @param what  that is asked: the same key with another is refused
   * @throws HouseError  KEY_REUSED
   */
  readonly once: <T>(key: string, what: unknown, work: () => Promise<T>) => Promise<Done<T>>
}
