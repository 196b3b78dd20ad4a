import type { Connection, Pool } from './client.ts'
import { begin } from './transaction.ts'

/**
 * A table whose rows lie in partitions, one for each day of `at`. They are made ahead and dropped as a whole, which takes
 * no time however much is in them.
 *
 * Where the table has a partition for days that nobody made room for (`<table>_default`), a day's rows move out of it
 * when the day gets its own.
 */
export type DailyTable = {
  /** Makes the partitions of a day and of those that follow it. Those that are there stay. */
  make(sql: Pool, from: Date, days?: number): Promise<void>
  /**
   * Drops days that are over for so long.
   *
   * @param before  does what must be done with a partition first, in the same transaction
   * @returns the days that have gone, as 20300504
   */
  drop(sql: Pool, keptDays: number, now: Date, before?: BeforeDrop): Promise<string[]>
  /** The names of the partitions, the oldest first. */
  names(sql: Connection): Promise<string[]>
}

type BeforeDrop = (tx: Connection, partition: string) => Promise<unknown>

const dayMs = 86_400_000

/** Partitions are there so many days before they are needed. */
const daysAhead = 3

/** Nobody waits for a reader: what needs the whole table gives up after this and is tried again. */
const lockMsMax = 2_000

export function dailyTable(table: string): DailyTable {
  const prefix = `${table}_`
  const partitionOf = (day: string) => `${prefix}${day.replaceAll('-', '')}`

  async function makeOne(sql: Pool, day: string) {
    const name = partitionOf(day)
    const next = dayOf(Date.parse(day) + dayMs)
    await begin(sql, async tx => {
      // Attaching takes a weaker lock than making a partition in its place: nobody waits for it who reads or writes.
      await takeTurn(tx)
      if (await isThere(tx, name)) return
      const hasDefault = await isThere(tx, `${table}_default`)
      // But who is on the way to the default partition while it loses a day is refused there, so all writers wait before.
      if (hasDefault) await tx.unsafe(`lock table ${table} in share row exclusive mode`)
      await tx.unsafe(`create table public.${name} (like ${table} including defaults including indexes)`)
      if (hasDefault) {
        await tx.unsafe(
          `with moved as (delete from ${table}_default where at >= '${day}' and at < '${next}' returning *) insert into public.${name} select * from moved`,
        )
      }
      await tx.unsafe(`alter table ${table} attach partition public.${name} for values from ('${day}') to ('${next}')`)
    })
  }

  async function names(sql: Connection): Promise<string[]> {
    const rows = await sql<{ name: string }[]>`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = ${table}::regclass order by 1`
    return rows.map(({ name }) => name).filter(name => /^_\d{8}$/.test(name.slice(table.length)))
  }

  return {
    names,
    async make(sql, from, days = daysAhead) {
      for (let i = 0; i <= days; i += 1) await makeOne(sql, dayOf(from.getTime() + i * dayMs))
    },
    async drop(sql, keptDays, now, before) {
      const limit = partitionOf(dayOf(now.getTime() - keptDays * dayMs))
      const old = (await names(sql)).filter(name => name < limit)
      for (const name of old) {
        await begin(sql, async tx => {
          await takeTurn(tx)
          await before?.(tx, name)
          await tx.unsafe(`drop table ${name}`)
        })
      }
      return old.map(name => name.slice(prefix.length))
    },
  }
}

async function isThere(tx: Connection, name: string): Promise<boolean> {
  const found = await tx`select from pg_class where relname = ${name} and relnamespace = 'public'::regnamespace`
  return found.length > 0
}

/** One process at a time changes partitions, and none waits long for a lock. */
async function takeTurn(tx: Connection) {
  await tx.unsafe(`set local lock_timeout = ${lockMsMax}`)
  await tx`select pg_advisory_xact_lock(${partitionLock})`
}

const partitionLock = 74_120_031

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)
