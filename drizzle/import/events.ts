import type { Catalog } from '../../schema/catalog.ts'
import { eventFields } from '../../schema/event-types.ts'
import { ident, literal } from '../names.ts'
import type { Origin } from '../outbox.ts'
import type { TablePlan } from './plan.ts'

/** How an import tells of the records of a module that it changes; see {@link tellingOf}. */
export type Telling = {
  /** Locks the records before they are compared; `$1` are their ids. */
  readonly lock: string
  /** A common table expression, to stand before that which stores, of the records as they are. `ids`: an expression. */
  readonly known: (ids: string) => string
  /** Those to stand behind it, which read its rows (`stored`: `is_new` and all columns) and append the events. */
  readonly told: string
}

/** Who imports, as the events say. */
export const importOrigin: Origin = { userId: '1', requestId: 'import', door: 'cli' }

const stamps = ['date_modified', 'modified_user_id']
const textMax = 32_768
/** PostgreSQL's functions take 100 arguments. */
const pairsMax = 45

/**
 * The statements by which the events of a table's records are appended together with them; undefined for tables that hold
 * no records of a module. They tell what events of other changes tell, except what stands in other tables: links, e-mail
 * addresses, security groups.
 */
export function tellingOf(catalog: Catalog, plan: TablePlan, now: Date): Telling | undefined {
  const module = catalog.byTable.get(plan.table)
  const isThere = (name: string) => plan.columns.some(column => column.name === name)
  if (!module || !isThere('deleted')) return undefined
  const fields = eventFields(catalog, module)
  const columns = plan.columns.filter(({ name, isSecret }) => name !== 'deleted' && !isSecret && fields.includes(name))
  const table = ident(plan.table)
  const filled = (row: string) =>
    `(select jsonb_object_agg(key, value) from jsonb_each(${row}) where value not in ('null', '""'))`
  const differing = (row: string) =>
    `(select jsonb_object_agg(key, ${row} -> key) from jsonb_object_keys(after) key where before -> key is distinct from after -> key)`
  const name = literal(module.name)
  return {
    lock: `select from ${table} where id = any ($1::text[]) order by id for update`,
    known: ids => `known as (select * from ${table} where id = any (${ids}))`,
    told: `compared as (
      select s.id, s.deleted as is_gone, coalesce(k.deleted, true) as was_gone, ${valuesOf(columns, 'k')} as before, ${valuesOf(columns, 's')} as after
      from stored s left join known k on k.id = s.id
    ), named as (
      select id, case when is_gone then 'deleted' when was_gone then 'created' else 'updated' end as verb, before, after
      from compared where not (is_gone and was_gone)
    ), shown as (
      select id, verb,
        case verb when 'deleted' then ${filled('before')} when 'updated' then ${differing('before')} end as before,
        case verb when 'created' then ${filled('after')} when 'updated' then ${differing('after')} end as after
      from named
    ), worth as (
      select * from shown where verb <> 'updated'
        or exists (select from jsonb_object_keys(after) key where key not in (${stamps.map(literal).join(', ')}))
    ), numbered as (
      insert into event_sequence as q (module, record_id, last)
      select ${name}, id, case verb when 'created' then 1 else 2 end from worth order by id
      on conflict (module, record_id) do update set last = q.last + 1 returning record_id, last
    ), told as (
      insert into event_log (at, type, module, record_id, sequence, before, after, origin)
      select ${literal(now.toISOString())}::timestamp, ${literal(`${module.name}.`)} || w.verb, ${name}, w.id, n.last, w.before, w.after,
        ${literal(JSON.stringify(importOrigin))}::jsonb from worth w join numbered n on n.record_id = w.id order by w.id
    )`,
  }
}

/** The values of a row as events write them, as an object of jsonb. */
function valuesOf(columns: TablePlan['columns'] | readonly TablePlan['columns'][number][], row: string): string {
  const pairs = columns.map(({ name, type }) => `${literal(name)}, ${valueOf(`${row}.${ident(name)}`, type)}`)
  const objects: string[] = []
  for (let at = 0; at < pairs.length; at += pairsMax) {
    objects.push(`jsonb_build_object(${pairs.slice(at, at + pairsMax).join(', ')})`)
  }
  return objects.join(' || ')
}

function valueOf(value: string, type: string): string {
  if (type.startsWith('timestamp')) return `to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
  if (/^(numeric|date|time)/.test(type)) return `${value}::text`
  if (!/^(text|character)/.test(type)) return value
  return `case when length(${value}) > ${textMax} then left(${value}, ${textMax}) || '…' else ${value} end`
}
