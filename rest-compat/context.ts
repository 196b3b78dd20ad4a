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
  /** What a principal may do; remembered, so asking costs nothing. */
  readonly accessOf: (principal: Principal) => Promise<Access>
  /** Operations are checked and run, and nothing of them stays. */
  readonly isRehearsal?: boolean
  /** Tells of what a view refused without asking the graph. */
  readonly refused?: (error: HouseError) => void
  readonly log: (fields: Record<string, unknown>, message: string) => void
}
