import { randomUUID } from 'node:crypto'
import { momentOf, type Context } from '../../drizzle/context.ts'
import { ident, literal } from '../../drizzle/names.ts'
import { joins, type JoinColumn } from '../../schema/joins.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { parserOf, type Stored } from './input.ts'

type Joined = Link['via'] & { readonly kind: 'join' }

/**
 * Relates records over a table in the middle, one row for each pair: the row that a pair has gets the values, other pairs get
 * a new one. Rows of relations that have ended stay as they are, as in SuiteCRM; only live rows are found by an index.
 *
 * @param values     of the table's own columns; what is absent stays as it was, or takes the column's default
 * @param ofNewRecord  the record was made in this transaction, so it has no pairs that could be found or made at the same time
 * @returns those that were not related before, or whose pair has other values now
 * @see SuiteCRM data/Relationships/SugarRelationship.php addRow()
 */
export async function addPairs(
  ctx: Context,
  link: Link,
  id: string,
  relatedIds: readonly string[],
  values: Readonly<Record<string, Stored>>,
  ofNewRecord = false,
): Promise<readonly string[]> {
  const { via } = link
  if (via.kind !== 'join') throw new Error(`${link.name} has no join table`)
  if (!ofNewRecord) await lockPairs(ctx, via, id, relatedIds)
  const own = ownColumns(via, link.module)
  const newIds = relatedIds.map(() => randomUUID())
  const given = own.map(([name]) => {
    const value = values[name] ?? null
    return typeof value === 'boolean' ? (value ? 't' : 'f') : value
  })
  const parameters = [id, relatedIds, newIds, momentOf(ctx.now()), ...given]
  const text = addText(link, via, ofNewRecord)
  const rows = await ctx.sql.unsafe<{ far: string }[]>(text, parameters as never[], { prepare: true })
  return [...new Set(rows.map(row => row.far))]
}

/** @returns those of the records that were related, and no longer are */
export async function removePairs(ctx: Context, link: Link, id: string, relatedIds: readonly string[]) {
  const { via } = link
  if (via.kind !== 'join') throw new Error(`${link.name} has no join table`)
  const far = ident(via.far)
  const text = `update ${ident(via.table)} j set deleted = true, date_modified = $3 where j.${ident(via.near)} = $1 and j.${far} = any ($2::text[]) and not j.deleted${roleCondition(via, link.module)} returning j.${far} as far`
  const parameters = [id, relatedIds, momentOf(ctx.now())]
  const rows = await ctx.sql.unsafe<{ far: string }[]>(text, parameters as never[], { prepare: true })
  return [...new Set(rows.map(row => row.far))]
}

/**
 * Ends every pair of a record over a link, except with `keep`.
 *
 * @returns those that it was related to, and no longer is
 */
export async function removeAllPairs(ctx: Context, link: Link, id: string, keep?: string) {
  const { via } = link
  if (via.kind !== 'join') throw new Error(`${link.name} has no join table`)
  const far = ident(via.far)
  const except = keep === undefined ? '' : ` and j.${far} <> $3`
  const text = `update ${ident(via.table)} j set deleted = true, date_modified = $2 where j.${ident(via.near)} = $1 and not j.deleted${roleCondition(via, link.module)}${except} returning j.${far} as far`
  const parameters = [id, momentOf(ctx.now()), ...(keep === undefined ? [] : [keep])]
  const rows = await ctx.sql.unsafe<{ far: string }[]>(text, parameters, { prepare: true })
  return [...new Set(rows.map(row => row.far))]
}

/** The columns of a join table that say something about the pair: a contact's role, whether an invitation was accepted. */
export function ownColumns(via: Joined, module: Module): readonly (readonly [string, JoinColumn])[] {
  const fixed = new Set([via.near, via.far, ...rolesOf(via, module).map(role => role.column)])
  return Object.entries(joins[via.table] ?? {}).filter(([name]) => !fixed.has(name))
}

function addText(link: Link, via: Joined, ofNewRecord: boolean): string {
  const own = ownColumns(via, link.module)
  const roles = rolesOf(via, link.module)
  const [table, near, far] = [ident(via.table), ident(via.near), ident(via.far)]
  const given = own.map(([name, column], i) => ({ name: ident(name), column, value: cast(column, i + 5) }))
  const kept = given.map(({ name, value }) => `, ${name} = coalesce(${value}, j.${name})`).join('')
  const names = [near, far, ...roles.map(role => ident(role.column)), ...given.map(({ name }) => name)]
  const values = [
    '$1',
    'w.far',
    ...roles.map(role => role.sql),
    ...given.map(({ column, value }) => orDefault(column, value)),
  ]
  const wanted = 'unnest($2::text[], $3::text[]) as w(far, id)'
  const insert = `insert into ${table} (id, date_modified, deleted, ${names.join(', ')}) select w.id, $4, false, ${values.join(', ')} from ${wanted}`
  if (ofNewRecord) return `${insert} returning ${far} as far`
  const differs = given.map(({ name, value }) => `coalesce(${value}, j.${name}) is distinct from j.${name}`)
  return `with found as (select j.id, j.${far} as far, ${differs.join(' or ') || 'false'} as differs from ${table} j where j.${near} = $1 and j.${far} = any ($2::text[])${roleCondition(via, link.module)} and not j.deleted),
 renewed as (update ${table} j set date_modified = $4${kept} from found f where j.id = f.id),
 added as (${insert} where not exists (select 1 from found f where f.far = w.far) returning ${far} as far)
select far from added union all select far from found where differs`
}

const cast = ({ kind }: JoinColumn, at: number) => {
  const type = parserOf({ kind })?.type ?? 'text'
  return type === 'text' ? `$${at}::text` : `$${at}::text::${type}`
}

const orDefault = (column: JoinColumn, value: string) => {
  if (column.default === undefined) return value
  return `coalesce(${value}, ${literal(column.default)}${parserOf(column)?.type === 'boolean' ? '::boolean' : ''})`
}

/**
 * The columns that every row of a link has the same value in. A link to the primary e-mail address does not name the module
 * that the address belongs to, though its rows do.
 */
function rolesOf(via: Joined, module: Module): readonly { readonly column: string; readonly sql: string }[] {
  const roles = via.role ? [{ column: via.role.column, sql: constant(via, via.role) }] : []
  if (via.table === 'email_addr_bean_rel' && via.near === 'bean_id' && via.role?.column !== 'bean_module') {
    roles.push({ column: 'bean_module', sql: literal(module.name) })
  }
  return roles
}

const constant = (via: Joined, role: { readonly column: string; readonly value: string }) =>
  joins[via.table]?.[role.column]?.kind === 'bool' ? `${literal(role.value)}::boolean` : literal(role.value)

const roleCondition = (via: Joined, module: Module) =>
  rolesOf(via, module)
    .map(({ column, sql }) => ` and j.${ident(column)} = ${sql}`)
    .join('')

/** Two clients that relate the same records at once, from either side, wait for one another; no index forbids a second row. */
export async function lockPairs(ctx: Context, via: Joined, id: string, relatedIds: readonly string[]): Promise<void> {
  const keys = relatedIds.map(related => `${via.table} ${[id, related].sort().join(' ')}`).sort()
  await ctx.sql.unsafe(
    'select pg_advisory_xact_lock(hashtextextended(k, 0)) from unnest($1::text[]) k',
    [keys] as never[],
    { prepare: true },
  )
}
