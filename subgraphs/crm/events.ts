import type { Context } from '../../drizzle/context.ts'
import type { EventFields, EventValue, NewEvent } from '../../drizzle/outbox.ts'
import { otherEnd, type Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { decimalText, isEmpty, type Stored } from './input.ts'
import { shapeOf, type Column } from './shape.ts'
import { stampFields } from './stamp.ts'
import type { StoredRow } from './store.ts'

// What the events of a change say. A change of nothing but who saved a record and when is none.

/** Fields that change with a record but are not its columns: its e-mail address, the text of an e-mail. */
export type Companions = Readonly<Record<string, { readonly old: EventValue; readonly new: EventValue }>>

/** The event of a new record: every field that holds something. */
export const createdEvent = (ctx: Context, module: Module, after: StoredRow, also: Companions = {}): NewEvent => ({
  type: `${module.name}.created`,
  module: module.name,
  recordId: String(after.id),
  after: { ...filledFields(ctx, module, after), ...newOf(also) },
})

/** The event of a record that has changed; undefined when nothing has. */
export function updatedEvent(
  ctx: Context,
  module: Module,
  id: string,
  rows: { readonly before: StoredRow; readonly after: StoredRow },
  also: Companions = {},
): NewEvent | undefined {
  const before: Record<string, EventValue> = {}
  const after: Record<string, EventValue> = {}
  let isChange = false
  for (const column of shapeOf(ctx.catalog, module).columns) {
    const { name } = column
    if (!(name in rows.after)) continue
    const [was, is] = [valueOf(column, rows.before[name]), valueOf(column, rows.after[name])]
    if (was === is) continue
    before[name] = bounded(was)
    after[name] = bounded(is)
    if (!stampFields.has(name)) isChange = true
  }
  if (!isChange && Object.keys(also).length === 0) return undefined
  return {
    type: `${module.name}.updated`,
    module: module.name,
    recordId: id,
    before: { ...before, ...oldOf(also) },
    after: { ...after, ...newOf(also) },
  }
}

/** The event of a record that was deleted: what it held, and the security groups that it was in. */
export const deletedEvent = (
  ctx: Context,
  module: Module,
  id: string,
  before: StoredRow,
  groups: readonly string[] = [],
): NewEvent => ({
  type: `${module.name}.deleted`,
  module: module.name,
  recordId: id,
  before: filledFields(ctx, module, before),
  groups,
})

/** The events of records that are now related, or no longer: one for each end, each of the record at that end. */
export function linkEvents(
  ctx: Context,
  link: Link,
  id: string,
  relatedIds: readonly string[],
  action: 'related' | 'unrelated',
  values: StoredRow = {},
): readonly NewEvent[] {
  const back = otherEnd(ctx.catalog, link)
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
  const one = ({ module, name, relationship, target }: Link, from: string, to: string): NewEvent => ({
    type: `${module.name}.${action}`,
    module: module.name,
    recordId: from,
    link: { name, relationship, module: target.name, id: to, ...(Object.keys(given).length > 0 && { values: given }) },
  })
  return relatedIds.flatMap(to => [one(link, id, to), ...(back ? [one(back, to, id)] : [])])
}

function filledFields(ctx: Context, module: Module, row: StoredRow): EventFields {
  const fields: Record<string, EventValue> = {}
  for (const column of shapeOf(ctx.catalog, module).columns) {
    const { name } = column
    if (name === 'deleted' || name === 'id') continue
    const value = valueOf(column, row[name])
    if (!isEmpty(value)) fields[name] = bounded(value)
  }
  return fields
}

/** A value as the APIs answer it once it is stored. */
function valueOf({ type, field }: Column, value: Stored | undefined): EventValue {
  if (value === null || value === undefined) return null
  if (type === 'timestamp') return `${String(value).replace(' ', 'T')}Z`
  if (type === 'numeric') return decimalText(String(value), field)
  return value
}

/** Events are read by many; who needs a longer text reads the record. */
const textMax = 32_768

const bounded = (value: EventValue): EventValue =>
  typeof value === 'string' && value.length > textMax ? `${value.slice(0, textMax).toWellFormed()}…` : value

const newOf = (also: Companions) => boundedFields(also, change => change.new)
const oldOf = (also: Companions) => boundedFields(also, change => change.old)

const boundedFields = (also: Companions, side: (change: Companions[string]) => EventValue) =>
  Object.fromEntries(Object.entries(also).map(([name, change]) => [name, bounded(side(change))]))
