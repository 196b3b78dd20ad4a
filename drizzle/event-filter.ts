import type { Filter } from '../schema/filter.ts'
import type { Module } from '../schema/module.ts'
import type { Context } from './context.ts'
import type { Place } from './event-cursor.ts'
import { ident, literal } from './names.ts'
import { userMark } from './scope.ts'
import { valuesOfFilter, whereOf } from './where.ts'

/** An event of a record, by its place in the log. */
export type RecordPlace = Place & { readonly recordId: string }

/**
 * Those of a module's events that leave their record as a filter wants it.
 *
 * The record may have changed since. What later events tell of that is taken back, in the same snapshot, so it does not
 * matter how late one asks. What belongs to a record elsewhere (e-mail addresses, names of other records) counts as it
 * is now.
 *
 * @returns the ids of the events
 * @throws INVALID    the module has no such field
 * @throws FORBIDDEN  the principal may not see the field
 */
export async function eventsLeaving(
  ctx: Context,
  module: Module,
  filter: Filter,
  events: readonly RecordPlace[],
): Promise<ReadonlySet<number>> {
  const first = events[0]
  if (!first) return new Set()
  const values: unknown[] = []
  const next = (value: unknown) => `$${values.push(value)}`
  const given = `unnest(${next(events.map(each => each.recordId))}::text[], ${next(events.map(each => each.position))}::bigint[],
    ${next(events.map(each => each.id))}::bigint[])`
  const after = `(${next(first.position)}::bigint, ${next(first.id)}::bigint)`
  const wanted = valuesOfFilter(filter)
  let at = 0
  const where = whereOf(ctx, module, filter, 't', () => next(wanted[at++]))
  const text = `
    with given as (select * from ${given} g(record_id, position, id)),
    later as (
      select g.id, jsonb_object_agg(f.name, f.value order by e.position desc, e.id desc) as fields
      from event_log e join given g on g.record_id = e.record_id and (e.position, e.id) > (g.position, g.id)
      cross join lateral (select name, e.before -> name as value
        from jsonb_object_keys(coalesce(e.before, '{}') || coalesce(e.after, '{}')) name) f
      where e.module = ${literal(module.name)} and (e.position, e.id) > ${after} group by 1
    )
    select g.id::float8 as id from given g join ${ident(module.table)} r on r.id = g.record_id left join later l on l.id = g.id
    cross join lateral jsonb_populate_record(r, coalesce(l.fields, '{}')) t where ${where}`
  const sql = text.includes(userMark) ? text.replaceAll(userMark, `${next(ctx.access.userId)}::text`) : text
  const rows = await ctx.sql.unsafe<{ id: number }[]>(sql, values as never[])
  return new Set(rows.map(({ id }) => id))
}
