import type { Context } from './context.ts'

/** What a field holds, as the APIs write it: moments end in Z, exact decimals are text. */
export type EventValue = string | number | boolean | null

/** What of the platform holds besides. */
export type EventData = EventValue | readonly EventData[] | { readonly [name: string]: EventData }

/** Fields of a record, or of something else, by name. */
export type EventFields = Readonly<Record<string, EventData>>

/** The other record of a link that was made or ended. */
export type EventLink = {
  readonly name: string
  readonly relationship: string
  readonly module: string
  readonly id: string
  /** Of the pair: a contact's role. */
  readonly values?: EventFields
}

/** Something that has happened to a record, or elsewhere in the house. */
export type NewEvent = {
  /** `Accounts.updated`, `identity.client.created`: one of schema/event-types.ts. */
  readonly type: string
  /** Of a record its module; else what of the platform it is: `identity.client`. */
  readonly module?: string
  readonly recordId?: string
  /** Only what has changed. */
  readonly before?: EventFields
  readonly after?: EventFields
  readonly link?: EventLink
  /** The security groups that a deleted record was in. */
  readonly groups?: readonly string[]
  /** It tells of something that is new, so its number is 1. */
  readonly isFirst?: boolean
}

/** Who did something, by what. What is not known is absent. */
export type Origin = {
  readonly userId: string
  readonly clientId?: string
  readonly keyId?: string
  readonly connectionId?: string
  readonly requestId: string
  readonly door?: string
}

export const originOf = ({ principal, connectionId, requestId, door }: Context): Origin => {
  const { userId, clientId, keyId } = principal
  return { userId, clientId, keyId, connectionId, requestId, door }
}

/**
 * Appends events in the caller's transaction, so that they are there if and only if what they tell of is. One statement,
 * however many there are; they keep their order.
 *
 * A record's events are numbered. Its creation is 1, so records that were there before (imported ones) begin with 2.
 */
export async function appendEvents(ctx: Context, events: readonly NewEvent[]): Promise<void> {
  if (ctx.isSilent || events.length === 0) return
  const rows = events.map((event, n) => ({ ...event, n }))
  await ctx.sql.unsafe(appendMany, [JSON.stringify(rows), ...stampsOf(ctx)], { prepare: true })
  markAppended(ctx)
}

export const appendEvent = (ctx: Context, event: NewEvent) => appendEvents(ctx, [event])

const stampsOf = (ctx: Context): [at: string, origin: string] => [
  ctx.now().toISOString(),
  JSON.stringify(originOf(ctx)),
]

const appendMany = `
  with given as (
    select e.*, row_number() over record as rank, count(*) over (partition by e.module, e."recordId") as many
    from jsonb_to_recordset($1::text::jsonb)
      as e(n integer, type text, module text, "recordId" text, before jsonb, after jsonb, link jsonb, groups text[], "isFirst" boolean)
    window record as (partition by e.module, e."recordId" order by e.n)
  ), counted as (
    insert into event_sequence as s (module, record_id, last)
    select module, "recordId", max(many) + case when bool_or("isFirst") then 0 else 1 end from given where "recordId" is not null
    group by 1, 2 order by 1, 2
    on conflict (module, record_id) do update
      set last = s.last + (select g.many from given g where g.module = s.module and g."recordId" = s.record_id limit 1)
    returning module, record_id, last
  )
  insert into event_log (at, type, module, record_id, sequence, before, after, link, groups, origin)
  select $2::text::timestamp, g.type, g.module, g."recordId", c.last - g.many + g.rank, g.before, g.after, g.link, g.groups, $3::text::jsonb
  from given g left join counted c on c.module = g.module and c.record_id = g."recordId"
  order by g.n`

// ---------------------------------------------------------------------------------------------------- with a statement

/** An event that is appended by the very statement that makes the change: a round trip less. */
export type Clause = {
  /** Common table expressions to stand behind that of the change. */
  readonly text: string
  /** For the parameters that they name, in order. */
  readonly values: (ctx: Context, event: NewEvent) => string[]
}

/**
 * The clause for a record that the statement makes.
 *
 * @param first    number of its first parameter
 * @param change   name of the expression that makes the record, which answers its `id`
 * @param numbered columns of that expression that the database fills, to be told as well
 */
export function createdClause(first: number, change: string, numbered: readonly string[] = []): Clause {
  const given = (n: number) => `$${first + n}`
  const also = numbered.map(name => `'${name}', c."${name}"`).join(', ')
  const after = `${given(2)}::text::jsonb${also ? ` || jsonb_build_object(${also})` : ''}`
  return {
    text: `told as (
      insert into event_log (at, type, module, record_id, sequence, after, origin)
      select ${given(3)}::text::timestamp, ${given(0)}, ${given(1)}, c.id, 1, ${after}, ${given(4)}::text::jsonb from ${change} c)`,
    values: (ctx, event) => [event.type, event.module ?? '', JSON.stringify(event.after ?? {}), ...stampsOf(ctx)],
  }
}

/**
 * The clause for a record that the statement changes. Its transaction must have locked the record by a statement before,
 * else the event could stand before one of a transaction that this one had to wait for.
 */
export function changedClause(first: number): Clause {
  const given = (n: number) => `$${first + n}`
  const groups = `(select array_agg(g) from jsonb_array_elements_text(${given(5)}::text::jsonb) g)`
  return {
    text: `counted as (
      insert into event_sequence as s (module, record_id, last) values (${given(1)}, ${given(2)}, 2)
      on conflict (module, record_id) do update set last = s.last + 1 returning last
    ), told as (
      insert into event_log (at, type, module, record_id, sequence, before, after, groups, origin)
      select ${given(6)}::text::timestamp, ${given(0)}, ${given(1)}, ${given(2)}, c.last, ${given(3)}::text::jsonb,
        ${given(4)}::text::jsonb, ${groups}, ${given(7)}::text::jsonb from counted c)`,
    values: (ctx, event) => [
      event.type,
      event.module ?? '',
      event.recordId ?? '',
      JSON.stringify(event.before ?? {}),
      JSON.stringify(event.after ?? {}),
      JSON.stringify(event.groups ?? []),
      ...stampsOf(ctx),
    ],
  }
}

/** Remembers that the transaction has appended events by a clause. */
export function markAppended({ appended }: Context) {
  if (appended) appended.any = true
}
