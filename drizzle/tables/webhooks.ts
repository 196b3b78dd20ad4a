import { sql } from 'drizzle-orm'
import {
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core'
import type { Principal } from '../../schema/principal.ts'
import { bytea, count, instant, large } from './column-types.ts'

const total = () => large().notNull().default(0)
/** An address that receives events. Its settings only: what happens to it is in {@link webhookHealth}. */
export const webhookEndpoint = pgTable(
  'webhook_endpoint',
  {
    id: text().primaryKey(),
    url: text().notNull(),
    description: text().notNull().default(''),
    user_id: text().notNull(),
    /** With whose rights events are chosen and written. Whether they still may is judged at each delivery. */
    principal: jsonb().$type<Principal>().notNull(),
    /** What happens while it is not ACTIVE is not stored for it, but found in the log of events when it is again. */
    status: text().$type<'ACTIVE' | 'PAUSED' | 'DISABLED'>().notNull().default('ACTIVE'),
    /** Of a disabled one: `gone`, `failing`, `breaker`, `owner`. */
    status_reason: text(),
    status_at: instant(),
    /** `Accounts.updated`, `Accounts.*`, `*.deleted`, `*`. */
    event_types: text().array().notNull(),
    /** A FilterInput as queries take it. */
    filter: jsonb().$type<Readonly<Record<string, unknown>>>(),
    payload: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
    /** Sealed. */
    headers: text(),
    /** Sealed: how it is told who sends. */
    authentication: text(),
    rate_per_second: integer(),
    /** So many requests at the same time, over all processes. */
    concurrency: integer().notNull().default(20),
    /** Seconds to wait before each retry. */
    schedule: integer()
      .array()
      .notNull()
      .default(sql`'{5,60,300,1800,7200,18000,36000,50400,72000,86400}'::integer[]`),
    timeout_ms: integer().notNull().default(15_000),
    /** The events of a record one after the other. */
    is_ordered: boolean().notNull().default(false),
    /** What follows when it is not known whether a request has arrived. */
    on_unknown: text().$type<'RESEND' | 'HOLD' | 'PROBE'>().notNull().default('RESEND'),
    /** Nothing is sent again that may have arrived. */
    at_most_once: boolean().notNull().default(false),
    /** Without the changes of the owner's own API client. */
    skip_own: boolean().notNull().default(false),
    /** Of the form of events. */
    version: integer().notNull().default(1),
    /** Of what transactions before it did, it is not told: pg_current_snapshot() of its creation. */
    from_snapshot: text()
      .notNull()
      .default(sql`(pg_current_snapshot()::text || '')`),
    /** It goes by itself when its address answers 410. */
    removed_when_gone: boolean().notNull().default(false),
    /** Rises with every change of the settings. */
    revision: integer().notNull().default(1),
    created_at: instant().notNull(),
    updated_at: instant().notNull(),
  },
  table => [index('webhook_endpoint_user').on(table.user_id, table.created_at)],
)

/** What requests are signed with. The newest is the current one; others hold until they expire. */
export const webhookSecret = pgTable(
  'webhook_secret',
  {
    id: text().primaryKey(),
    endpoint_id: text().notNull(),
    kind: text().$type<'v1' | 'v1a'>().notNull(),
    sealed: text().notNull(),
    public_key: text(),
    created_at: instant().notNull(),
    expires_at: instant(),
  },
  table => [index('webhook_secret_endpoint').on(table.endpoint_id, table.created_at)],
)

/** How an endpoint fares: one row each, written with every batch of deliveries. */
export const webhookHealth = pgTable('webhook_health', {
  endpoint_id: text().primaryKey(),
  /** Requests under way, over all processes. */
  in_flight: count(),
  /** When the rate next lets a request go. */
  next_slot: timestamp({ precision: 6, mode: 'string' })
    .notNull()
    .default(sql`'1970-01-01'::timestamp`),
  /** The receiver asked to be left alone until then. */
  hold_until: instant(),
  breaker: text().$type<'CLOSED' | 'OPEN' | 'HALF_OPEN'>().notNull().default('CLOSED'),
  breaker_until: instant(),
  /** How often it opened without closing. */
  breaker_cycles: count(),
  /** Which stretch of time the counts of the breaker are of. */
  stretch: total(),
  stretch_delivered: count(),
  stretch_failed: count(),
  /** Of the stretch before. */
  before_delivered: count(),
  before_failed: count(),
  /** Since then nothing has been delivered, and something failed. */
  failing_since: instant(),
  failing_attempts: count(),
  /** The highest warning that was given since, in per cent of the way to being disabled. */
  warned: smallint().notNull().default(0),
  delivered: total(),
  failed: total(),
  last_delivered_at: instant(),
  last_failed_at: instant(),
  /** Events that its filter could not be asked about. */
  filter_errors: total(),
  filter_error: text(),
  /** Events left out because the owner's own API client did it. */
  own_changes: total(),
  /** Deliveries given up that nobody was told of yet, and when somebody last was. */
  exhausted: count(),
  exhausted_told_at: instant(),
  /** While it is not active: the place in the log of events from which it was told nothing. */
  held_position: large(),
  held_id: large(),
  /** What of the events since then it gets once it is active. */
  recovery: text().$type<'ALL' | 'LATEST' | 'NONE'>().notNull().default('ALL'),
})

/**
 * An event for an endpoint. These rows are the queue: whoever has time takes what is DUE.
 *
 * DUE: to be sent at `next_at`. WAITING: behind another of its lane. SENDING: a request is under way, or was until its
 * process died. HELD: a person must say whether to send again. PARKED: given up, and its lane waits for a person.
 * Ends: DELIVERED, DEAD (given up), DISCARDED (not to be sent).
 */
export const webhookDelivery = pgTable(
  'webhook_delivery',
  {
    id: large().primaryKey().generatedAlwaysAsIdentity(),
    endpoint_id: text().notNull(),
    /** With `position` and `event_at`, of the log of events. */
    event_id: large().notNull(),
    /** 0, or how often a person has had it sent anew. */
    generation: count(),
    position: large().notNull(),
    event_at: instant().notNull(),
    event_type: text().notNull(),
    module: text(),
    record_id: text(),
    state: text()
      .$type<'DUE' | 'WAITING' | 'SENDING' | 'HELD' | 'PARKED' | 'DELIVERED' | 'DEAD' | 'DISCARDED'>()
      .notNull(),
    /** Why it is HELD, PARKED, DEAD or DISCARDED. */
    reason: text(),
    /** Numbers its attempts. */
    attempts: count(),
    /** Those of the schedule that it is on: it begins anew when a person sends it again. */
    tries: count(),
    next_at: instant().notNull(),
    /** While SENDING: whoever sends has ended by then. */
    lease_until: instant(),
    /** Of an ordered endpoint: its deliveries of one lane go one after the other. */
    lane: text(),
    last_outcome: text(),
    last_status: smallint(),
    is_test: boolean().notNull().default(false),
    /** The delivery that it repeats, and who wanted it. */
    replay_of: large(),
    replayed_by: text(),
    created_at: instant().notNull(),
    ended_at: instant(),
  },
  table => [
    unique('webhook_delivery_once').on(table.event_id, table.endpoint_id, table.generation),
    index('webhook_delivery_due')
      .on(table.endpoint_id, table.next_at)
      .where(sql`state = 'DUE'`),
    index('webhook_delivery_lease')
      .on(table.lease_until)
      .where(sql`state = 'SENDING'`),
    index('webhook_delivery_lane')
      .on(table.endpoint_id, table.lane, table.position, table.event_id)
      .where(sql`lane is not null and state in ('DUE', 'WAITING', 'SENDING', 'HELD', 'PARKED')`),
    index('webhook_delivery_endpoint').on(table.endpoint_id, table.id),
    index('webhook_delivery_stuck')
      .on(table.endpoint_id, table.state, table.id)
      .where(sql`state in ('HELD', 'PARKED', 'DEAD')`),
    index('webhook_delivery_created').using('brin', table.created_at),
  ],
)

/**
 * A request for a delivery, stored before it is made: without an outcome it is under way, or its process died. In
 * partitions, one a day; see drizzle/partitions.ts.
 */
export const webhookAttempt = pgTable(
  'webhook_attempt',
  {
    at: instant().notNull(),
    delivery_id: large().notNull(),
    number: integer().notNull(),
    endpoint_id: text().notNull(),
    event_id: large().notNull(),
    outcome: text(),
    /** Of what is not plain from the outcome, in words for people. */
    message: text(),
    status: smallint(),
    /** Until the first byte of the answer, and until its end. */
    response_ms: real(),
    ms: real(),
    retry_after_s: integer(),
    response_headers: jsonb().$type<Readonly<Record<string, string>>>(),
    /** Its first 16 KiB, as they came. */
    response_body: bytea(),
    trace_id: text(),
  },
  table => [
    primaryKey({ columns: [table.delivery_id, table.number, table.at] }),
    index('webhook_attempt_endpoint').on(table.endpoint_id, table.at),
  ],
)

/** How many attempts of an endpoint ended how on a day; stays when their rows have gone. */
export const webhookCount = pgTable(
  'webhook_count',
  {
    day: date({ mode: 'string' }).notNull(),
    endpoint_id: text().notNull(),
    outcome: text().notNull(),
    count: large().notNull(),
  },
  table => [primaryKey({ columns: [table.day, table.endpoint_id, table.outcome] })],
)

/** How far the log of events has been made into deliveries. */
export const webhookCursor = pgTable('webhook_cursor', {
  name: text().primaryKey(),
  position: large().notNull(),
  id: large().notNull(),
})

/** The access token that the receiver of an endpoint takes, for all processes. */
export const webhookToken = pgTable('webhook_token', {
  endpoint_id: text().primaryKey(),
  /** Of the endpoint's settings with which it was asked for. */
  revision: integer().notNull(),
  sealed: text().notNull(),
  expires_at: instant().notNull(),
})
