import { LRUCache } from 'lru-cache'
import type { Catalog } from '../schema/catalog.ts'
import { HouseError } from '../schema/errors.ts'
import type { Filter, Sort } from '../schema/filter.ts'
import type { Link } from '../schema/link.ts'
import type { Module } from '../schema/module.ts'
import { extended } from './client.ts'
import type { Context } from './context.ts'
import { expressionOf, ident, joinConditions } from './expression.ts'
import {
  afterCursor,
  decodeCursor,
  defaultSort,
  encodeCursor,
  orderBy,
  orderKeys,
  shapeOfSort,
  type Cursor,
  type OrderKey,
} from './page.ts'
import { shapeOfFilter, valuesOfFilter, whereOf, type NextParameter } from './where.ts'

/** A record as read: values by field name, text for dates and exact numbers, null for empty. */
export type Row = { readonly id: string; readonly [field: string]: unknown }

/** Which records a statement sees: the live ones, all, or only deleted ones. */
export type Deletion = 'EXCLUDE' | 'INCLUDE' | 'ONLY'

export type Selection = {
  readonly fields: readonly string[]
  readonly filter?: Filter
  readonly sort?: Sort
  readonly deleted?: Deletion
  /** At most this many rows. */
  readonly limit: number
  /** The cursor of the row before the page. */
  readonly after?: string
  /** Rows to leave out, for clients that number pages. */
  readonly offset?: number
  /** Make cursors for the rows, under {@link cursorOf}. */
  readonly cursors?: boolean
}

export type Page = { readonly rows: readonly Row[]; readonly hasNextPage: boolean; readonly sort: Sort }

/**
 * One record by id.
 *
 * @param options.lock  keeps others from changing it until the transaction ends
 * @returns undefined when there is none that the principal may see
 */
export async function findRecord(
  ctx: Context,
  module: Module,
  id: string,
  fields: readonly string[],
  options: { deleted?: Deletion; lock?: boolean } = {},
): Promise<Row | undefined> {
  const { deleted = 'EXCLUDE', lock = false } = options
  if (hasNul(id)) return undefined
  const sql = statement(ctx.catalog, `one ${module.name} ${deleted} ${lock} ${fields.join(',')}`, () => {
    const columns = columnsOf(ctx.catalog, module, fields, 't')
    return `select ${columns} from ${ident(module.table)} t where t.id = $1 ${andLiveness(deleted)}${lock ? ' for update of t' : ''}`
  })
  const [row] = await send(ctx, sql, [id])
  return row
}

/** Many records by id, by one statement. Those that the principal may not see are left out. */
export async function findRecords(
  ctx: Context,
  module: Module,
  ids: readonly string[],
  fields: readonly string[],
  options: { deleted?: Deletion } = {},
): Promise<ReadonlyMap<string, Row>> {
  const { deleted = 'EXCLUDE' } = options
  const wanted = fields.includes('id') ? fields : ['id', ...fields]
  const sql = statement(ctx.catalog, `many ${module.name} ${deleted} ${wanted.join(',')}`, () => {
    const columns = columnsOf(ctx.catalog, module, wanted, 't')
    return `select ${columns} from ${ident(module.table)} t where t.id = any ($1::text[]) ${andLiveness(deleted)}`
  })
  const rows = await send(ctx, sql, [ids.filter(id => !hasNul(id))])
  return new Map(rows.map(row => [row.id, row]))
}

/**
 * A page of a module's records, by one statement: the page is cut first, derived fields are read for its rows only.
 *
 * @throws INVALID  an unknown field in filter or sort
 * @throws BAD_REQUEST  `after` is no cursor of this order
 */
export async function findPage(ctx: Context, module: Module, selection: Selection): Promise<Page> {
  const plan = planOf(ctx.catalog, module, oneMore(selection))
  const sql = statement(ctx.catalog, `page ${module.name} ${plan.shape}`, () => {
    const next = parameters()
    const where = plan.where(next, 't')
    const keys = plan.keys('t')
    const inner = `select * from ${ident(module.table)} t where ${where} order by ${orderBy(keys)} ${plan.limit(next)}`
    const columns = `${columnsOf(ctx.catalog, module, selection.fields, 't')}${plan.cursorColumns(keys)}`
    return `select ${columns} from (${inner}) t order by ${orderBy(keys)}`
  })
  const rows = await send(ctx, sql, [...plan.values(), ...plan.limitValues])
  return pageOf(rows, selection.limit, plan.sort)
}

/**
 * How many records a filter finds, counted no further than `upTo`.
 */
export async function countRecords(
  ctx: Context,
  module: Module,
  options: { filter?: Filter; deleted?: Deletion; upTo: number },
): Promise<number> {
  const plan = planOf(ctx.catalog, module, { ...options, fields: [], sort: [], limit: options.upTo })
  const sql = statement(ctx.catalog, `count ${module.name} ${plan.shape}`, () => {
    const next = parameters()
    return `select count(*)::integer as n from (select 1 from ${ident(module.table)} t where ${plan.where(next, 't')} ${plan.limit(next)}) c`
  })
  const rows = await send(ctx, sql, [...plan.values(), ...plan.limitValues])
  return Number(rows[0]?.n ?? 0)
}

/** A related record and, where the link has a join table, that table's own columns as `link`. */
export type LinkedRow = Row & { readonly '#parent': string; readonly '#link'?: Readonly<Record<string, unknown>> }

/**
 * The records that a link leads to, a page for each of many parents, by one statement.
 *
 * @param joinColumns  columns of the join table to answer as `#link`
 */
export async function findLinked(
  ctx: Context,
  link: Link,
  parentIds: readonly string[],
  selection: Selection & { readonly joinColumns?: readonly string[] },
): Promise<ReadonlyMap<string, Page>> {
  const plan = planOf(ctx.catalog, link.target, oneMore(selection))
  const joined = selection.joinColumns ?? []
  const key = `linked ${link.module.name}.${link.name} ${plan.shape} ${joined.join(',')}`
  const sql = statement(ctx.catalog, key, () => {
    const next = parameters()
    const parents = next()
    const keys = plan.keys('t')
    const where = plan.where(next, 't')
    const { from, on } = linkSource(link)
    const pair = link.via.kind === 'join' && joined.length > 0 ? `, ${pairOf(joined)} as "#link"` : ''
    const inner = `select t.*${pair} from ${from} where ${on} and ${where} order by ${orderBy(keys)} ${plan.limit(next)}`
    const columns = `${columnsOf(ctx.catalog, link.target, selection.fields, 't')}${plan.cursorColumns(keys)}`
    return `select p.id as "#parent", ${columns}${pair ? ', t."#link"' : ''} from unnest(${parents}::text[]) p(id) cross join lateral (${inner}) t order by p.id, ${orderBy(keys)}`
  })
  const rows = (await send(ctx, sql, [parentIds, ...plan.values(), ...plan.limitValues])) as unknown as LinkedRow[]
  const byParent = Map.groupBy(rows, row => row['#parent'])
  return new Map(parentIds.map(id => [id, pageOf(byParent.get(id) ?? [], selection.limit, plan.sort)]))
}

/** How many records a link leads to, for each of many parents, by one statement. */
export async function countLinked(
  ctx: Context,
  link: Link,
  parentIds: readonly string[],
  options: { filter?: Filter; deleted?: Deletion; upTo: number },
): Promise<ReadonlyMap<string, number>> {
  const plan = planOf(ctx.catalog, link.target, { ...options, fields: [], sort: [], limit: options.upTo })
  const sql = statement(ctx.catalog, `countLinked ${link.module.name}.${link.name} ${plan.shape}`, () => {
    const next = parameters()
    const parents = next()
    const where = plan.where(next, 't')
    const { from, on } = linkSource(link)
    return `select p.id as id, (select count(*)::integer from (select 1 from ${from} where ${on} and ${where} ${plan.limit(next)}) c) as n from unnest(${parents}::text[]) p(id)`
  })
  const rows = await send(ctx, sql, [parentIds, ...plan.values(), ...plan.limitValues])
  return new Map(rows.map(row => [row.id, Number(row.n)]))
}

/** The cursor of a row that was selected with `cursors`. */
export const cursorOf = (row: Row, sort: Sort) =>
  encodeCursor(shapeOfSort(sort), (row['#cursor'] as Cursor | undefined) ?? [])

// ---------------------------------------------------------------------------------------------------- parts

/** One row more than the page has tells whether there is a next page. */
const oneMore = (selection: Selection): Selection => ({ ...selection, limit: selection.limit + 1 })

/**
 * Everything about a selection that its SQL and its values are made of. The shape names the SQL.
 *
 * Without a filter the limit is a part of the SQL: for a limit that it does not know, PostgreSQL expects a tenth of the
 * table, finds a plan for all values too dear, and makes a new one for every request (0.8 ms for 45 fields, measured;
 * running it takes 0.5 ms). With a filter that is as it should be: a rare value wants another plan than a frequent one.
 */
function planOf(catalog: Catalog, module: Module, selection: Selection) {
  const { fields, filter, deleted = 'EXCLUDE', cursors = false } = selection
  const sort = selection.sort ?? defaultSort(module)
  const sortShape = shapeOfSort(sort)
  const keyCount = sort.some(step => step.field === 'id')
    ? sort.findIndex(step => step.field === 'id') + 1
    : sort.length + 1
  const cursor = selection.after === undefined ? undefined : decodeCursor(selection.after, sortShape, keyCount)
  const offset = selection.offset ?? 0
  const filterShape = filter ? shapeOfFilter(filter) : ''
  const stated = filter ? undefined : `limit ${selection.limit}`
  const shape = `${fields.join(',')}|${filterShape}|${sortShape}|${deleted}|${cursor !== undefined}|${offset > 0}|${cursors}|${stated ?? ''}`
  return {
    shape,
    sort,
    keys: (alias: string) => orderKeys(catalog, module, sort, alias),
    where: (next: NextParameter, alias: string) =>
      [
        ...liveness(deleted, alias),
        ...(filter ? [whereOf(catalog, module, filter, alias, next)] : []),
        ...(cursor ? [afterCursor(orderKeys(catalog, module, sort, alias), next)] : []),
      ].join(' and ') || 'true',
    limit: (next: NextParameter) => `${stated ?? `limit ${next()}`}${offset > 0 ? ` offset ${next()}` : ''}`,
    limitValues: [...(stated ? [] : [selection.limit]), ...(offset > 0 ? [offset] : [])],
    values: () => [...(filter ? valuesOfFilter(filter) : []), ...(cursor ?? [])],
    cursorColumns: (keys: readonly OrderKey[]) =>
      cursors ? `, jsonb_build_array(${keys.map(key => `(${key.expression})::text`).join(', ')}) as "#cursor"` : '',
  }
}

const liveness = (deleted: Deletion, alias = 't') =>
  deleted === 'INCLUDE' ? [] : [deleted === 'ONLY' ? `${alias}.deleted` : `not ${alias}.deleted`]

const andLiveness = (deleted: Deletion) =>
  liveness(deleted)
    .map(condition => `and ${condition}`)
    .join('')

function columnsOf(catalog: Catalog, module: Module, fields: readonly string[], alias: string): string {
  const columns = fields.map(name => {
    const expression = expressionOf(catalog, module, name, alias)
    if (!expression) {
      throw new HouseError('INVALID', `${module.name} has no field ${name}`, { module: module.name, field: name })
    }
    return `${expression} as ${ident(name)}`
  })
  return columns.length > 0 ? columns.join(', ') : `${alias}.id`
}

/** The rows at the far end of a link for the parent that alias `p` stands for. */
function linkSource(link: Link): { from: string; on: string } {
  const target = `${ident(link.target.table)} t`
  const { via } = link
  switch (via.kind) {
    case 'join':
      return {
        from: `${ident(via.table)} j join ${target} on t.id = j.${ident(via.far)}`,
        on: `j.${ident(via.near)} = p.id and ${joinConditions({ ...link, via })}`,
      }
    case 'there': {
      const role = via.role ? ` and t.${ident(via.role.column)} = '${via.role.value.replaceAll("'", "''")}'` : ''
      return { from: target, on: `t.${ident(via.column)} = p.id${role}` }
    }
    case 'here':
      return {
        from: `${ident(link.module.table)} s join ${target} on t.id = s.${ident(via.column)}`,
        on: `s.id = p.id${via.role ? ` and s.${ident(via.role.column)} = '${via.role.value.replaceAll("'", "''")}'` : ''}`,
      }
  }
}

const pairOf = (columns: readonly string[]) =>
  `jsonb_build_object(${columns.map(name => `'${name}', j.${ident(name)}`).join(', ')})`

const pageOf = (rows: readonly Row[], limit: number, sort: Sort): Page =>
  rows.length > limit ? { rows: rows.slice(0, limit), hasNextPage: true, sort } : { rows, hasNextPage: false, sort }

function parameters(): NextParameter {
  let count = 0
  return () => `$${++count}`
}

/** The SQL of a shape. A text that comes again is prepared: PostgreSQL then keeps its plan with the connection. */
type Statement = { readonly text: string; uses: number; prepared: boolean }

const statements = new WeakMap<Catalog, LRUCache<string, Statement>>()

/** A client can ask for any set of fields; what it asks for once or twice must not stay in the database's memory. */
const usesBeforePreparing = 2
const preparedMax = 1_000
let preparedCount = 0

function statement(catalog: Catalog, shape: string, make: () => string): Statement {
  let known = statements.get(catalog)
  if (!known) statements.set(catalog, (known = new LRUCache({ max: 2_000 })))
  const found = known.get(shape)
  if (found) return found
  const made = { text: make(), uses: 0, prepared: false }
  known.set(shape, made)
  return made
}

const hasNul = (value: unknown): boolean =>
  typeof value === 'string' ? value.includes('\0') : Array.isArray(value) && value.some(hasNul)

/** @throws BAD_REQUEST  a value has a NUL character, which PostgreSQL's text cannot hold */
async function send(ctx: Context, statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
  if (values.some(hasNul)) throw new HouseError('BAD_REQUEST', 'Text cannot contain a NUL character')
  if (!statement.prepared && ++statement.uses > usesBeforePreparing && preparedCount < preparedMax) {
    statement.prepared = true
    preparedCount += 1
  }
  return ctx.sql.unsafe<Row[]>(statement.text, values as never[], extended(statement.prepared))
}
