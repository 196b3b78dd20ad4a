import { tellAccessChanged } from '../../drizzle/access.ts'
import type { Context } from '../../drizzle/context.ts'
import { ident, literal } from '../../drizzle/names.ts'
import { versionColumn } from '../../drizzle/tables/records.ts'
import { HouseError } from '../../schema/errors.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
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
 */
export type Change =
  | { readonly kind: 'created'; readonly module: Module; readonly after: StoredRow }
  | { readonly kind: 'updated'; readonly module: Module; readonly before: StoredRow; readonly after: StoredRow }
  | { readonly kind: 'deleted'; readonly module: Module; readonly before: StoredRow; readonly after: StoredRow }
  | { readonly kind: 'set'; readonly module: Module; readonly ids: readonly string[]; readonly values: StoredRow }
  | ({ readonly kind: 'cleared'; readonly module: Module; readonly stamps: StoredRow } & Reference)
  | ({ readonly kind: 'related'; readonly values: StoredRow; readonly ofNewRecord?: boolean } & Pairs)
  | ({ readonly kind: 'unrelated' } & Pairs)
  | { readonly kind: 'parted'; readonly link: Link; readonly id: string; readonly keep?: string }

type Reference = {
  readonly column: string
  readonly value: string
  readonly role?: { readonly column: string; readonly value: string }
  /** Only these records, where not all. */
  readonly among?: readonly string[]
}

type Pairs = { readonly link: Link; readonly id: string; readonly relatedIds: readonly string[] }

/**
 * Makes one change. Every write to a record or to a pair of records goes through here, inside the caller's transaction.
 *
 * @returns the ids of the records that it touched; for pairs, those at the far end
 * @throws ALREADY_EXISTS  a record, deleted or not, has the new one's id
 */
export async function store(ctx: Context, change: Change): Promise<readonly string[]> {
  const ids = await make(ctx, change)
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
      return insert(ctx, change.module, change.after)
    case 'updated':
    case 'deleted':
      return update(ctx, change.module, change.after)
    case 'set':
      return set(ctx, change.module, change.ids, change.values)
    case 'cleared':
      return clear(ctx, change.module, change.stamps, change)
    case 'related':
      return addPairs(ctx, change.link, change.id, change.relatedIds, change.values, change.ofNewRecord)
    case 'unrelated':
      return removePairs(ctx, change.link, change.id, change.relatedIds)
    case 'parted':
      return removeAllPairs(ctx, change.link, change.id, change.keep)
  }
}

/** A new row, and the security groups that it inherits from who made it and whose it is. */
async function insert(ctx: Context, module: Module, row: StoredRow): Promise<readonly string[]> {
  const { columns, inherits, text } = statementsOf(ctx, module).insert
  const values = parametersOf(columns, row)
  if (inherits) values.push(ctx.principal.userId)
  const made = await ctx.sql.unsafe<{ id: string }[]>(text, values, { prepare: true })
  if (made.length === 0) {
    throw new HouseError('ALREADY_EXISTS', `${module.name} ${String(row.id)} exists already`, {
      module: module.name,
      id: String(row.id),
    })
  }
  return made.map(({ id }) => id)
}

async function update(ctx: Context, module: Module, row: StoredRow): Promise<readonly string[]> {
  const { columns, text } = statementsOf(ctx, module).update
  await ctx.sql.unsafe(text, [...parametersOf(columns, row), String(row.id)], { prepare: true })
  return [String(row.id)]
}

/** The same values for many records, each at its next version. */
async function set(ctx: Context, module: Module, ids: readonly string[], values: StoredRow) {
  const columns = columnsNamed(ctx, module, Object.keys(values))
  const text = `update ${ident(module.table)} set ${assignments(columns)}, ${nextVersion} where id = any ($${columns.length + 1}::text[]) and not deleted returning id`
  return idsOf(ctx, text, [...parametersOf(columns, values), ids])
}

async function clear(ctx: Context, module: Module, stamps: StoredRow, { column, value, role, among }: Reference) {
  const columns = columnsNamed(ctx, module, Object.keys(stamps))
  const next = columns.length + 1
  const conditions = [
    `${ident(column)} = $${next}`,
    'not deleted',
    ...(role ? [`${ident(role.column)} = ${literal(role.value)}`] : []),
    ...(among ? [`id = any ($${next + 1}::text[])`] : []),
  ]
  const text = `update ${ident(module.table)} set ${[`${ident(column)} = null`, ...columns.map((c, i) => assignment(c, i)), nextVersion].join(', ')} where ${conditions.join(' and ')} returning id`
  return idsOf(ctx, text, [...parametersOf(columns, stamps), value, ...(among ? [among] : [])])
}

async function idsOf(ctx: Context, text: string, values: readonly unknown[]): Promise<readonly string[]> {
  const rows = await ctx.sql.unsafe<{ id: string }[]>(text, values as never[], { prepare: true })
  return rows.map(({ id }) => id)
}

// ---------------------------------------------------------------------------------------------------- statements

type TypedColumn = { readonly name: string; readonly type: string }

type Statements = {
  readonly insert: { readonly text: string; readonly columns: readonly TypedColumn[]; readonly inherits: boolean }
  readonly update: { readonly text: string; readonly columns: readonly TypedColumn[] }
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

const nextVersion = `${versionColumn} = ${versionColumn} + 1`

function makeStatements(ctx: Context, { module, columns: own }: Shape): Statements {
  const columns = [...own, version]
  const changing = columns.filter(({ name }) => name !== 'id')
  const names = columns.map(({ name }) => ident(name)).join(', ')
  const values = columns.map(parameter).join(', ')
  const inherits = inheritsGroups(ctx, module)
  const insert = `insert into ${ident(module.table)} (${names}) values (${values}) on conflict (id) do nothing returning id`
  return {
    insert: { text: inherits ? withGroups(module, insert, columns) : insert, columns, inherits },
    update: {
      text: `update ${ident(module.table)} set ${assignments(changing)} where id = $${changing.length + 1}`,
      columns: changing,
    },
  }
}

const assignments = (columns: readonly TypedColumn[]) => columns.map(assignment).join(', ')

const assignment = (column: TypedColumn, at: number) => `${ident(column.name)} = ${parameter(column, at)}`

// Truth values travel as text: the driver would prepare a statement anew for each pattern of true, false and null.
const parameter = ({ type }: TypedColumn, at: number) =>
  type === 'boolean' ? `$${at + 1}::text::boolean` : `$${at + 1}`

const parametersOf = (columns: readonly TypedColumn[], row: StoredRow): (string | number | null)[] =>
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

/** One statement for both, because most records are made where no groups are, and a second one would cost as much as the first. */
function withGroups(module: Module, insert: string, columns: readonly TypedColumn[]): string {
  const at = (name: string) => columns.findIndex(column => column.name === name) + 1
  const assigned = at('assigned_user_id')
  const users = [`$${columns.length + 1}::text`, ...(assigned > 0 ? [`$${assigned}`] : [])]
  const inherited = inheritance(module, 'c.id', users.join(', '), 'created c')
  return `with created as (${insert}), inherited as (${inherited}) select id from created`
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
