import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { RequestEntry } from './request-entry.ts'
import type { RequestLogCounts } from './request-log.ts'
import type { RunKind } from './supergraph/execute.ts'
import type { Outcome as AttemptOutcome } from '../subgraphs/webhooks/outcome.ts'

/** What the process tells Prometheus. */
export type Metrics = {
  /** Counts a request. */
  observe(entry: RequestEntry): void
  /** Counts an operation that is run. */
  countOperation(kind: RunKind): void
  /** Tells a number that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void
  /** Counts a request to a receiver of webhooks. */
  countAttempt(outcome: AttemptOutcome, ms: number): void
  /** In Prometheus's text format. */
  text(): Promise<string>
  readonly contentType: string
}

/** Seconds. A read takes milliseconds; requests are cancelled after a minute. */
const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/**
 * Metrics of one process. Every label has a closed set of values: doors, templates of routes, methods of HTTP, classes
 * of status and outcomes; nothing that a caller can choose.
 *
 * @param log  of the log of requests
 */
export function openMetrics(log: RequestLogCounts): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const requests = new Counter({
    name: 'switchyard_requests_total',
    help: 'Requests that have ended.',
    labelNames: ['door', 'route', 'method', 'status', 'outcome'],
    registers,
  })
  const duration = new Histogram({
    name: 'switchyard_request_seconds',
    help: 'How long requests took, from their headers to the end of their answer.',
    labelNames: ['door'],
    buckets,
    registers,
  })
  const database = new Counter({
    name: 'switchyard_request_database_seconds_total',
    help: 'How long requests had statements under way.',
    labelNames: ['door'],
    registers,
  })
  const operations = new Counter({
    name: 'switchyard_operations_total',
    help: 'Operations by how they were run: by a sole subgraph, as a compiled plan, or by the stock executor.',
    labelNames: ['executor'],
    registers,
  })
  const attempts = new Counter({
    name: 'switchyard_webhook_attempts_total',
    help: 'Attempts to deliver a webhook, by how they ended.',
    labelNames: ['outcome'],
    registers,
  })
  const attemptDuration = new Histogram({
    name: 'switchyard_webhook_attempt_seconds',
    help: 'How long requests to receivers of webhooks took.',
    labelNames: ['outcome'],
    buckets,
    registers,
  })
  for (const [name, help, read] of [
    ['stored_total', 'Rows of the request log that were stored.', () => log.stored],
    ['dropped_total', 'Rows of the request log that could not be stored and are lost.', () => log.dropped],
    ['waiting', 'Rows of the request log that are still to be stored.', () => log.waiting],
  ] as const) {
    gauge(`request_log_${name}`, help, read)
  }

  function gauge(name: string, help: string, read: () => number | Promise<number>) {
    new Gauge({
      name: `switchyard_${name}`,
      help,
      registers,
      async collect() {
        this.set(await read())
      },
    })
  }

  return {
    gauge,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    countOperation: kind => operations.inc({ executor: kind }),
    countAttempt(outcome, ms) {
      attempts.inc({ outcome })
      if (ms > 0) attemptDuration.observe({ outcome }, ms / 1000)
    },
    observe({ door = 'none', route = 'none', method, status, outcome, ms = 0, database_ms: databaseMs = 0 }) {
      requests.inc({
        door,
        route,
        method: methods.has(method ?? '') ? method : 'other',
        status: classOf(status),
        outcome,
      })
      duration.observe({ door }, ms / 1000)
      if (databaseMs > 0) database.inc({ door }, databaseMs / 1000)
    },
  }
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

const classOf = (status: number | undefined) => `${Math.floor((status ?? 0) / 100)}xx`
