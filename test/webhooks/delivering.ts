import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { buildConnector } from 'undici'
import { afterAll } from 'vitest'
import { principalNow } from '../../drizzle/acting.ts'
import { transaction } from '../../drizzle/context.ts'
import { appendEvents, type NewEvent } from '../../drizzle/outbox.ts'
import { loadCatalog } from '../../drizzle/custom-fields.ts'
import { contextFor, type House } from '../../gateway/context.ts'
import { startDeliveries, type Deliveries, type DeliveriesDeps } from '../../gateway/webhooks/deliveries.ts'
import { systemPrincipal, type Principal } from '../../schema/principal.ts'
import type { Outcome } from '../../subgraphs/webhooks/outcome.ts'
import { testDatabase } from '../database.ts'
import { openReceiver } from './receiver.ts'
import { thinMessages } from './thin-messages.ts'
import { passwordsOf } from '../passwords.ts'

type EndpointRow = {
  readonly id?: string
  readonly event_types?: readonly string[]
  readonly principal?: Principal
  readonly [column: string]: unknown
}

/** A database with a real receiver and the deliveries of one process, or of more. */
export async function delivering() {
  const db = await testDatabase({ max: 10 })
  const { pool: sql, url } = db
  const receiver = await openReceiver()
  const lines: Record<string, unknown>[] = []
  const log = pino({ base: null, messageKey: 'event' }, { write: line => void lines.push(JSON.parse(line) as never) })
  const failures: unknown[] = []
  const attempts: Outcome[] = []
  const clock = { aheadMs: 0 }
  const house: House = {
    pool: sql,
    catalog: await loadCatalog(sql),
    filesDir: '',
    passwords: passwordsOf(sql),
    now: () => new Date(),
  }
  const by = { requestId: 'test', validation: 'strict' } as const
  const yard = {
    house: () => contextFor(house, { ...by, principal: systemPrincipal }),
    async actingFor(principal: Principal) {
      const now = await principalNow(sql, principal)
      return now && contextFor(house, { ...by, principal: now })
    },
    aheadMs: () => clock.aheadMs,
  }
  const deps: DeliveriesDeps = {
    ...{ url, yard, log, messages: thinMessages(sql, receiver.secret) },
    connectorFor: () => buildConnector({ timeout: 500 }),
    report: error => void failures.push(error),
    onAttempt: outcome => void attempts.push(outcome),
  }
  const processes: Deliveries[] = []
  afterAll(async () => {
    await Promise.all(processes.map(each => each.close()))
    await receiver.close()
  })

  return {
    sql,
    yard: { ...yard, sql },
    receiver,
    lines,
    /** What went wrong behind the scenes. */
    failures,
    attempts,
    /** From now on it is so much later. */
    pass(ms: number) {
      clock.aheadMs += ms
      for (const each of processes) each.wake()
    },
    async start(more: Partial<DeliveriesDeps> = {}) {
      const started = await startDeliveries({ ...deps, ...more })
      processes.push(started)
      return started
    },
    /** An endpoint at a path of the receiver that bears its name. */
    async anEndpoint(name: string, { id = randomUUID(), ...columns }: EndpointRow = {}) {
      const now = new Date().toISOString()
      const row = {
        ...{
          id,
          url: receiver.url(`/${name}`),
          user_id: '1',
          principal: JSON.stringify(systemPrincipal),
          event_types: ['*'],
        },
        ...{ payload: '{}', created_at: now, updated_at: now },
        ...columns,
      }
      await sql`insert into webhook_endpoint ${sql(row as never)}`
      return id
    },
    /** Something happens: so many events, each of a record of its own unless one is named. */
    async happen(count = 1, event: Partial<NewEvent> = {}): Promise<string[]> {
      const ids = Array.from({ length: count }, () => event.recordId ?? randomUUID())
      const ctx = await yard.house()
      await transaction(ctx, async ctx => {
        const { type = 'Accounts.updated' } = event
        const made = ids.map(recordId => ({ ...event, type, module: type.split('.')[0] ?? '', recordId }))
        await appendEvents(ctx, made)
      })
      await sql`select pg_notify('events', '')`
      return ids
    },
    deliveriesOf: (endpointId: string) => sql<Delivery[]>`
      select id, event_id as "eventId", record_id as "recordId", state, reason, attempts, generation, last_outcome as "lastOutcome", next_at as "nextAt"
      from webhook_delivery where endpoint_id = ${endpointId} order by position, event_id, generation`,
    attemptsOf: (endpointId: string) => sql<Attempt[]>`
      select number, outcome, status, message, response_ms as "responseMs", ms, retry_after_s as "retryAfterS", at, trace_id as "traceId",
        response_body as body from webhook_attempt where endpoint_id = ${endpointId} order by delivery_id, number`,
    async healthOf(endpointId: string) {
      const [row] = await sql`select * from webhook_health where endpoint_id = ${endpointId}`
      return row ?? {}
    },
    notices: () => sql<{ type: string; id: string; after: Record<string, unknown> }[]>`
      select type, record_id as id, after from event_log where type like 'webhooks.%' order by position, event_log.id`,
  }
}

export type Delivery = {
  readonly id: string
  readonly eventId: string
  readonly recordId: string
  readonly state: string
  readonly reason: string | null
  readonly attempts: number
  readonly generation: number
  readonly lastOutcome: string | null
  readonly nextAt: string
}

export type Attempt = {
  readonly number: number
  readonly outcome: string | null
  readonly status: number | null
  readonly message: string | null
  readonly responseMs: number | null
  readonly ms: number | null
  readonly retryAfterS: number | null
  readonly at: string
  readonly traceId: string | null
  readonly body: Buffer | null
}
