import type { Pool } from '../../drizzle/client.ts'

/** What a process tells the database of one account, and asks of it. */
export type Settlement = {
  readonly key: string
  readonly stepMs: number
  readonly size: number
  /** Points that were spent already, counted whether they are there or not; below zero, points given back. */
  readonly paid: number
  /** Points wanted on top, as far as they are there. */
  readonly wanted: number
  /** The first call's part of `wanted`: it may be larger than `size` when the account is full. */
  readonly first: number
}

export type Settled = {
  readonly key: string
  readonly granted: number
  /** Milliseconds from now until the account is full, by the database's clock. */
  readonly fullInMs: number
}

/** Where the accounts of all processes meet. */
export type LimitStore = {
  /** Settles all of them in one statement. The accounts must differ. */
  settle(settlements: readonly Settlement[]): Promise<Settled[]>
}

/**
 * The store in PostgreSQL: one upsert on an unlogged table (empty after a crash, so limits start afresh), by the
 * server's clock. Rows are locked in the order of their keys, so that processes do not wait for one another in circles.
 *
 * `on conflict` sees nothing but the row that was not inserted, so the row carries the settlement as well.
 */
export function postgresLimits(sql: Pool): LimitStore {
  return {
    settle: async settlements => {
      const sorted = [...settlements].sort((a, b) => (a.key < b.key ? -1 : 1))
      const column = <Name extends keyof Settlement>(name: Name) => sorted.map(each => each[name])
      return sql<Settled[]>`
        insert into limit_account as a (key, full_at, counted_at, step, size, paid, wanted, first, granted)
        select key, now.ms + (greatest(paid, 0) + granted.points) * step, now.ms, step, size, paid, wanted, first,
          granted.points
        from unnest(${column('key')}::text[], ${column('stepMs')}::float8[], ${column('size')}::float8[],
            ${column('paid')}::float8[], ${column('wanted')}::float8[], ${column('first')}::float8[])
            as asked (key, step, size, paid, wanted, first)
          cross join (select extract(epoch from statement_timestamp() - timestamptz '2026-01-01')::float8 * 1000) as now (ms)
          cross join lateral (select greatest(0, least(wanted, floor(
            case when paid > 0 then size else greatest(size, first) end - greatest(paid, 0) + 0.001)))) as granted (points)
        on conflict (key) do update set
          counted_at = excluded.counted_at, step = excluded.step, size = excluded.size, paid = excluded.paid,
          wanted = excluded.wanted, first = excluded.first,
          granted = ${granted(sql)},
          full_at = ${base(sql)} + ${granted(sql)} * excluded.step
        returning key, granted, full_at - counted_at as "fullInMs"`
    },
  }
}

/** A chore: forgets accounts that are full. */
export const sweepLimits = (sql: Pool) => sql`delete from limit_account
  where full_at < extract(epoch from now() - timestamptz '2026-01-01')::float8 * 1000 - 60000`

/** When the account is full, once what was spent is counted. */
const base = (sql: Pool) => sql`greatest(excluded.counted_at,
  greatest(a.full_at, excluded.counted_at) + excluded.paid * excluded.step)`

/** The generic cell rate algorithm: as many points as fit before `size` of them are outstanding. */
const granted = (sql: Pool) => sql`greatest(0, least(excluded.wanted, floor(
  case when ${base(sql)} <= excluded.counted_at then greatest(excluded.size, excluded.first) else excluded.size end
  - (${base(sql)} - excluded.counted_at) / excluded.step + 0.001)))`
