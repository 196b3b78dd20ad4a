import type { Context } from '../../../drizzle/context.ts'
import { ident } from '../../../drizzle/names.ts'
import { findPage, findRecords, type Row } from '../../../drizzle/select.ts'
import { HouseError, notFound } from '../../../schema/errors.ts'
import type { FilterValue } from '../../../schema/filter.ts'
import type { Module } from '../../../schema/module.ts'
import { invalid } from '../input.ts'
import { isPossibleId } from '../lock.ts'
import { externalIdName, type RowInput } from './row-input.ts'

/** How a row names its record. */
export type Match =
  | { readonly by: 'id' }
  | { readonly by: 'field'; readonly field: string }
  /** By what another system calls it. */
  | { readonly by: 'externalId'; readonly system: string }

/** Finds the records of some rows, and keeps others from making the same ones meanwhile. */
export type Matcher = {
  /**
   * @returns  undefined when the row's record is to be made
   * @throws INVALID    the row names none, or several records are meant
   * @throws NOT_FOUND  the principal may not see it
   */
  readonly find: (row: RowInput) => string | undefined
  /** A row's record was made. */
  readonly made: (row: RowInput, id: string) => Promise<void>
}

/**
 * Finds the records of all rows by one statement. Rows that name what is not there yet wait for whoever else is making
 * the same, until the transaction ends.
 */
export function matcherFor(ctx: Context, module: Module, match: Match, rows: readonly RowInput[]): Promise<Matcher> {
  switch (match.by) {
    case 'id':
      return byId(ctx, module, rows)
    case 'field':
      return byField(ctx, module, match.field, rows)
    case 'externalId':
      return byExternalId(ctx, module, match.system, rows)
  }
}

async function byId(ctx: Context, module: Module, rows: readonly RowInput[]): Promise<Matcher> {
  const ids = rows.flatMap(({ id }) => (typeof id === 'string' && isPossibleId(id) ? [id] : []))
  const known = new Set(ids.length === 0 ? [] : (await findRecords(ctx, module, ids, ['id'])).keys())
  return {
    find: ({ id }) => (typeof id === 'string' && known.has(id) ? id : undefined),
    made: (_row, id) => Promise.resolve(void known.add(id)),
  }
}

/** More records than this with the keys of one step are several for most of them. */
const foundMax = 999

async function byField(ctx: Context, module: Module, field: string, rows: readonly RowInput[]): Promise<Matcher> {
  const keyOf = ({ [field]: value }: RowInput) =>
    typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
  const keys = [...new Set(rows.map(keyOf).filter(key => key !== ''))]
  await lock(
    ctx,
    keys.map(key => `${module.name}.${field} ${key.toLowerCase()}`),
  )
  const filter = { kind: 'in', operand: { field }, values: keys as readonly FilterValue[] } as const
  const { rows: found } =
    keys.length === 0 ? { rows: [] } : await findPage(ctx, module, { fields: ['id', field], filter, limit: foundMax })
  const known = Map.groupBy(found, row => String(row[field]).toLowerCase())
  return {
    find(row) {
      const key = keyOf(row)
      if (key === '') throw invalid({ module: module.name, field }, 'it names the record, so it cannot be empty')
      const [only, ...others] = known.get(key.toLowerCase()) ?? []
      if (others.length > 0) throw invalid({ module: module.name, field }, `${others.length + 1} records have it`)
      return only?.id
    },
    made: (row, id) => Promise.resolve(void known.set(keyOf(row).toLowerCase(), [{ id } satisfies Row])),
  }
}

async function byExternalId(ctx: Context, module: Module, system: string, rows: readonly RowInput[]): Promise<Matcher> {
  const keys = [...new Set(rows.map(externalIdOf).filter(key => key !== undefined))]
  await lock(
    ctx,
    keys.map(key => `${module.name} ${system} ${key}`),
  )
  const links = await ctx.sql<{ key: string; id: string; isAlive: boolean }[]>`
    select l.external_id as key, l.record_id as id, r.id is not null as "isAlive" from external_link l
    left join ${ctx.sql.unsafe(ident(module.table))} r on r.id = l.record_id and not r.deleted
    where l.system = ${system} and l.module = ${module.name} and l.external_id = any (${keys}::text[])`
  const alive = new Map(links.filter(({ isAlive }) => isAlive).map(({ key, id }) => [key, id]))
  const found = alive.size === 0 ? [] : await findRecords(ctx, module, [...alive.values()], ['id'])
  const visible = new Set([...found].map(([id]) => id))
  return {
    find(row) {
      const key = externalIdOf(row)
      if (key === undefined)
        throw invalid({ module: module.name, field: externalIdName }, 'expected 1 to 255 characters')
      const id = alive.get(key)
      if (id !== undefined && !visible.has(id)) throw notFound(module.name, id)
      return id
    },
    async made(row, id) {
      const key = externalIdOf(row) ?? ''
      // A record that was deleted here is made anew, and is the one that is meant from now on.
      await ctx.sql`insert into external_link (system, module, external_id, record_id, created_at)
        values (${system}, ${module.name}, ${key}, ${id}, ${ctx.now().toISOString()})
        on conflict (system, module, external_id) do update set record_id = excluded.record_id`
      alive.set(key, id)
      visible.add(id)
    },
  }
}

function externalIdOf({ [externalIdName]: value }: RowInput): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text !== '' && text.length <= 255 && !text.includes('\0') ? text : undefined
}

/** In order, so that two who want the same never wait for one another. */
const lock = (ctx: Context, keys: readonly string[]) =>
  ctx.sql.unsafe('select pg_advisory_xact_lock(hashtextextended(k, 0)) from unnest($1::text[]) k', [
    [...keys].sort(),
  ] as never[])

/** @throws INVALID, BAD_REQUEST  the name is too long, or none */
export function checkSystem(system: string | null | undefined): string {
  if (typeof system === 'string' && /^[\w.:-]{1,64}$/.test(system)) return system
  throw new HouseError('BAD_REQUEST', 'system takes 1 to 64 letters, digits, ., :, _ and -', { argument: 'system' })
}
