import { tellAccessChanged } from '../../drizzle/access.ts'
import type { Context } from '../../drizzle/context.ts'
import { ident, literal } from '../../drizzle/names.ts'
import {
  appendEvents,
  changedClause,
  createdClause,
  markAppended,
  type Clause,
  type NewEvent,
} from '../../drizzle/outbox.ts'
import { columnsOf, type Row } from '../../drizzle/select.ts'
import { send, statement } from '../../drizzle/statement.ts'
import { versionColumn } from '../../drizzle/tables/records.ts'
import { HouseError } from '../../schema/errors.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { witness } from './audit-records.ts'
import { createdEvent, deletedEvent, linkEvents, updatedEvent, type Companions } from './events.ts'
import type { Stored } from './input.ts'
import { addPairs, removeAllPairs, removePairs } from './pairs.ts'
import { shapeOf, type Shape } from './shape.ts'

/** A record's columns by name, as the table holds them. */
export type StoredRow = Readonly<Record<string, Stored>>

/** A record that is about to be stored. */
export type DraftRow = Record<string, Stored>

/**
 * One change of the data.
 *
 * - `set`: the same values for several records
 * - `related`: pairs of records; `ofNewRecord` when one of them was made in this transaction
 * - `cleared`: records of `module` whose column held `value` lose it
 * - `parted`: a record is no longer related to anybody over a link, except to `keep`
 *
 * `also` is what changes with a record in other tables, for its event. `told`: the event of the record itself says it.
 */
export type Change =
  | { readonly kind: 'created'; readonly module: Module; readonly after: StoredRow; readonly also?: Companions }
  | ({ readonly kind: 'updated'; readonly also?: Companions } & Rewrite)
  | ({ readonly kind: 'deleted'; readonly groups?: readonly string[] } & Rewrite)
  | { readonly kind: 'set'; readonly module: Module; readonly ids: readonly string[]; readonly values: StoredRow }
  | ({ readonly kind: 'cleared'; readonly module: Module; readonly stamps: StoredRow } & Reference)
  | ({ readonly kind: 'related'; readonly values: StoredRow; readonly ofNewRecord?: boolean } & Pairs)
  | ({ readonly kind: 'unrelated' } & Pairs)
  | { readonly kind: 'parted'; readonly link: Link; readonly id: string; readonly keep?: string; readonly told?: true }

type Rewrite = { readonly module: Module; readonly before: StoredRow; readonly after: StoredRow }

type Reference = {
  readonly column: string
  readonly value: string
  readonly role?: { readonly column: string; readonly value: string }
  /** Only these records, where not all. */
  readonly among?: readonly string[]
}

type Pairs = {
  readonly link: Link
  readonly id: string
  readonly relatedIds: readonly string[]
  readonly told?: true
}

/**
 * Makes one change, and appends the events that tell of it. Every write to a record or to a pair of records goes through
 * here, inside the caller's transaction.
 *
 * @returns the ids of the records that it changed; for pairs, those at the far end
 * @throws ALREADY_EXISTS  a record, deleted or not, has the new one's id
 */
export async function store(ctx: Context, change: Change): Promise<readonly string[]> {
  const tell = await witness(ctx, change)
  const ids = await make(ctx, change)
  tell?.(ids)
  if (changesAccess(change)) await tellAccessChanged(ctx.sql)
  return ids
}

/** Who has which role and is in which group decides what everybody may do. */
function changesAccess(change: Change): boolean {
  if ('link' in change) return change.link.via.kind === 'join' && membershipTables.has(change.link.via.table)
  return change.module.name === 'SecurityGroups'
}

const membershipTables: ReadonlySet<string> = new Set([
  'acl_roles_users',
  'securitygroups_users',
  'securitygroups_acl_roles',
])

async function make(ctx: Context, change: Change): Promise<readonly string[]> {
  switch (change.kind) {
    case 'created':
      return insert(ctx, change.module, change.after, change.also)
    case 'updated': {
      const { module, before, after, also } = change
      return update(ctx, module, after, updatedEvent(ctx, module, String(after.id), { before, after }, also))
    }
    case 'deleted': {
      const { module, before, after, groups } = change
      return update(ctx, module, after, deletedEvent(ctx, module, String(after.id), before, groups))
    }
    case 'set':
      return set(ctx, change.module, change.ids, change.values)
    case 'cleared':
      return clear(ctx, change.module, change.stamps, change)
    case 'related': {
      const { link, id, relatedIds, values, ofNewRecord, told } = change
      const changed = await addPairs(ctx, link, id, relatedIds, values, ofNewRecord)
      if (!told) await appendEvents(ctx, linkEvents(ctx, link, id, changed, 'related', values))
      return changed
    }
    case 'unrelated': {
      const { link, id, relatedIds, told } = change
      const ended = await removePairs(ctx, link, id, relatedIds)
      if (!told) await appendEvents(ctx, linkEvents(ctx, link, id, ended, 'unrelated'))
      return ended
    }
    case 'parted': {
      const { link, id, keep, told } = change
      const ended = await removeAllPairs(ctx, link, id, keep)
      if (!told) await appendEvents(ctx, linkEvents(ctx, link, id, ended, 'unrelated'))
      return ended
    }
  }
}

/** A new row, the security groups that it inherits from who made it and whose it is, and the event of it. */
async function insert(ctx: Context, module: Module, row: StoredRow, also?: Companions): Promise<readonly string[]> {
  const { columns, inherits, text, told } = statementsOf(ctx, module).insert
  const values = parametersOf(columns, row)
  if (inherits) values.push(ctx.principal.userId)
  const event = ctx.isSilent ? undefined : createdEvent(ctx, module, row, also)
  const made = await sendTold<{ id: string }>(ctx, { text, told }, values, event)
  if (made.length === 0) throw existsAlready(module, row)
  return made.map(({ id }) => id)
}

/**
 * Makes a record, and answers fields of it as they are then, by the same statement. Only for a record that is stored by
 * this alone: its fields do not know of themselves yet what other statements, or it, put into other tables.
 *
 * @throws ALREADY_EXISTS  a record, deleted or not, has the new one's id
 */
export async function storeAnswered(
  ctx: Context,
  module: Module,
  row: StoredRow,
  fields: readonly string[],
): Promise<Row> {
  const { columns, inherits, told } = statementsOf(ctx, module).insert
  const values = [
    ...parametersOf(columns, row),
    ...(inherits ? [ctx.principal.userId] : []),
    ...told.clause.values(ctx, createdEvent(ctx, module, row)),
  ]
  const sql = statement(ctx, `new ${module.name} ${fields.join(',')}`, next => {
    values.forEach(next)
    return `${told.change} select ${columnsOf(ctx, module, fields, 't')} from created t`
  })
  markAppended(ctx)
  const [made] = await send(ctx, sql, values)
  if (!made) throw existsAlready(module, row)
  return made
}

const existsAlready = (module: Module, { id }: StoredRow) =>
  new HouseError('ALREADY_EXISTS', `${module.name} ${String(id)} exists already`, {
    module: module.name,
    id: String(id),
  })

async function update(ctx: Context, module: Module, row: StoredRow, event: NewEvent | undefined) {
  const { columns, text, told } = statementsOf(ctx, module).update
  await sendTold(ctx, { text, told }, [...parametersOf(columns, row), String(row.id)], event)
  return [String(row.id)]
}

/** Sends a change with its event, or without where it has none. */
async function sendTold<Row extends object>(
  ctx: Context,
  { text, told }: { readonly text: string; readonly told: Told },
  values: readonly Parameter[],
  event: NewEvent | undefined,
): Promise<readonly Row[]> {
  if (!event || ctx.isSilent) return ctx.sql.unsafe<Row[]>(text, [...values], { prepare: true })
  markAppended(ctx)
  return ctx.sql.unsafe<Row[]>(told.text, [...values, ...told.clause.values(ctx, event)], { prepare: true })
}

/** The same values for many records, each at its next version. */
async function set(ctx: Context, module: Module, ids: readonly string[], values: StoredRow) {
  const columns = columnsNamed(ctx, module, Object.keys(values))
  const which = `id = any ($${columns.length + 1}::text[]) and not deleted`
  const parameters = [...parametersOf(columns, values), ids]
  return setWhere(ctx, module, { columns, which, parameters, assigned: assignments(columns), values })
}

async function clear(ctx: Context, module: Module, stamps: StoredRow, { column, value, role, among }: Reference) {
  const columns = columnsNamed(ctx, module, Object.keys(stamps))
  const next = columns.length + 1
  const which = [
    `${ident(column)} = $${next}`,
    'not deleted',
    ...(role ? [`${ident(role.column)} = ${literal(role.value)}`] : []),
    ...(among ? [`id = any ($${next + 1}::text[])`] : []),
  ].join(' and ')
  const parameters = [...parametersOf(columns, stamps), value, ...(among ? [among] : [])]
  const assigned = [`${ident(column)} = null`, ...columns.map((c, i) => assignment(c, i))].join(', ')
  const touched = [...columns, ...columnsNamed(ctx, module, [column])]
  return setWhere(ctx, module, { columns: touched, which, parameters, assigned, values: { ...stamps, [column]: null } })
}

type Setting = {
  /** Those that are assigned. */
  readonly columns: readonly TypedColumn[]
  readonly which: string
  readonly parameters: readonly unknown[]
  readonly assigned: string
  readonly values: StoredRow
}

/**
 * Changes many records, and tells of those that it really changed. Its events need a statement of their own: this one
 * may have to wait for other transactions, and what they tell comes first.
 */
async function setWhere(ctx: Context, module: Module, { columns, which, parameters, assigned, values }: Setting) {
  const names = columns.map(({ name }) => ident(name))
  const text = `with old as (select ${['id', ...names].join(', ')} from ${ident(module.table)} where ${which} order by id for update) update ${ident(module.table)} t set ${assigned}, ${versionColumn} = t.${versionColumn} + 1 from old where t.id = old.id returning ${['id', ...names].map(name => `old.${name}`).join(', ')}`
  const rows = await ctx.sql.unsafe<StoredRow[]>(text, parameters as never[], { prepare: true })
  const isDeletion = values.deleted === true
  const events = rows.flatMap(before => {
    const id = String(before.id)
    if (isDeletion) return [deletedEvent(ctx, module, id, before)]
    return updatedEvent(ctx, module, id, { before, after: values }) ?? []
  })
  await appendEvents(ctx, events)
  return rows.map(({ id }) => String(id))
}

// ---------------------------------------------------------------------------------------------------- statements

type TypedColumn = { readonly name: string; readonly type: string }

/** A statement with the event of what it does; the event's parameters come last. */
type Told = { readonly text: string; readonly clause: Clause }

/** The same of a new record: `change` is the text before what it answers. */
type ToldNew = Told & { readonly change: string }

type Statements = {
  readonly insert: {
    readonly text: string
    readonly told: ToldNew
    readonly columns: readonly TypedColumn[]
    readonly inherits: boolean
  }
  readonly update: { readonly text: string; readonly told: Told; readonly columns: readonly TypedColumn[] }
}

const statements = new WeakMap<Shape, Statements>()

/**
 * The statements of a module. They always name every column, so that a module has one prepared insert and one prepared
 * update however many different sets of fields its clients send.
 */
function statementsOf(ctx: Context, module: Module): Statements {
  const shape = shapeOf(ctx.catalog, module)
  let made = statements.get(shape)
  if (!made) statements.set(shape, (made = makeStatements(ctx, shape)))
  return made
}

const version: TypedColumn = { name: versionColumn, type: 'integer' }

function makeStatements(ctx: Context, { module, columns: own }: Shape): Statements {
  const columns = [...own, version]
  return { insert: insertOf(ctx, module, columns), update: updateOf(module, columns) }
}

function insertOf(ctx: Context, module: Module, columns: readonly TypedColumn[]): Statements['insert'] {
  const names = columns.map(({ name }) => ident(name)).join(', ')
  const values = columns.map(parameter).join(', ')
  const numbered = Object.keys(module.fields).filter(name => module.fields[name]?.autoIncrement)
  const insert = `insert into ${ident(module.table)} (${names}) values (${values}) on conflict (id) do nothing returning *`
  const inherits = inheritsGroups(ctx, module)
  const created = `with created as (${insert})${inherits ? `, ${inherited(module, columns)}` : ''}`
  const clause = createdClause(columns.length + (inherits ? 2 : 1), 'created', numbered)
  const change = `${created}, ${clause.text}`
  return {
    columns,
    inherits,
    text: `${created} select id from created`,
    told: { change, text: `${change} select id from created`, clause },
  }
}

function updateOf(module: Module, columns: readonly TypedColumn[]): Statements['update'] {
  const changing = columns.filter(({ name }) => name !== 'id')
  const text = `update ${ident(module.table)} set ${assignments(changing)} where id = $${changing.length + 1}`
  const clause = changedClause(changing.length + 2)
  const told = { text: `with changed as (${text}), ${clause.text} select`, clause }
  return { columns: changing, text, told }
}

const assignments = (columns: readonly TypedColumn[]) => columns.map(assignment).join(', ')

const assignment = (column: TypedColumn, at: number) => `${ident(column.name)} = ${parameter(column, at)}`

// Truth values travel as text: the driver would prepare a statement anew for each pattern of true, false and null.
const parameter = ({ type }: TypedColumn, at: number) =>
  type === 'boolean' ? `$${at + 1}::text::boolean` : `$${at + 1}`

type Parameter = string | number | null

const parametersOf = (columns: readonly TypedColumn[], row: StoredRow): Parameter[] =>
  columns.map(({ name }) => {
    const value = row[name] ?? null
    return typeof value === 'boolean' ? (value ? 't' : 'f') : value
  })

function columnsNamed(ctx: Context, module: Module, names: readonly string[]): readonly TypedColumn[] {
  return shapeOf(ctx.catalog, module).columns.filter(({ name }) => names.includes(name))
}

// ---------------------------------------------------------------------------------------------------- security groups

const groupsTable = 'securitygroups_records'

const inheritsGroups = (ctx: Context, module: Module) => {
  const link = ctx.catalog.links(module).get('SecurityGroups')
  return link?.via.kind === 'join' && link.via.table === groupsTable
}

/** Part of the statement that makes the record, because most are made where no groups are, and a second one would cost as much as the first. */
function inherited(module: Module, columns: readonly TypedColumn[]): string {
  const at = (name: string) => columns.findIndex(column => column.name === name) + 1
  const assigned = at('assigned_user_id')
  const users = [`$${columns.length + 1}::text`, ...(assigned > 0 ? [`$${assigned}`] : [])]
  return `inherited as (${inheritance(module, 'c.id', users.join(', '), 'created c')})`
}

const inheritance = (module: Module, id: string, users: string, from: string) =>
  `insert into ${groupsTable} (id, securitygroup_id, record_id, module, date_modified) select gen_random_uuid()::text, g.id, ${id}, ${literal(module.name)}, now() at time zone 'utc' from ${from}, securitygroups g where not g.deleted and g.noninheritable is not true and g.id in (select u.securitygroup_id from securitygroups_users u where u.user_id in (${users}) and not u.deleted and u.noninheritable is not true)`

/** Puts a record into the groups of the user it now belongs to. @see SuiteCRM modules/SecurityGroups/SecurityGroup.php inherit_assigned() */
export async function inheritGroups(ctx: Context, module: Module, id: string, userId: string): Promise<void> {
  if (!inheritsGroups(ctx, module)) return
  const already = `and not exists (select 1 from ${groupsTable} d where d.securitygroup_id = g.id and d.record_id = $1 and d.module = ${literal(module.name)} and not d.deleted)`
  const text = `${inheritance(module, '$1', '$2', '(select 1) one')} ${already}`
  await ctx.sql.unsafe(text, [id, userId], { prepare: true })
}
