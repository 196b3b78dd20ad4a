import type { Pool } from '../../drizzle/client.ts'
import type { Context } from '../../drizzle/context.ts'
import type { Principal } from '../../schema/principal.ts'

/** What deliveries are worked on with. */
export type Yard = {
  readonly sql: Pool
  /** The context of the house itself. */
  readonly house: () => Promise<Context>
  /** That of an endpoint's owner, with their rights of this moment; undefined when they may no longer act. */
  readonly actingFor: (principal: Principal) => Promise<Context | undefined>
  /**
   * The time is that of the database, whatever clocks the processes have. So many milliseconds are added to it: in tests,
   * days pass at once.
   */
  readonly aheadMs: () => number
}

/** The present in SQL. @param ahead  the parameter that holds {@link Yard.aheadMs} */
export const nowIn = (ahead: string) => `(localtimestamp + ${ahead}::float8 * interval '1 millisecond')`
