import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace as telemetry, TraceFlags, type Span } from '@opentelemetry/api'
import { randomUUID } from 'node:crypto'
import type { TraceStatement } from '../drizzle/meter.ts'

/** The place of a request in a trace that may span several systems. */
export type Trace = {
  readonly traceId: string
  readonly spanId: string
  readonly flags: number
  /** Of an OpenTelemetry SDK, if the operator has loaded one: `NODE_OPTIONS=--import=...`. */
  readonly span?: Span
}

const tracer = telemetry.getTracer('switchyard')

/**
 * Takes on the trace that the caller names, or begins one.
 *
 * @param traceparent  W3C Trace Context; one that is not valid counts as absent
 * @see https://www.w3.org/TR/trace-context/ read 2026-11
 */
export function beginTrace(traceparent: unknown, name: string): Trace {
  const parent = readTraceparent(traceparent)
  const around = parent ? telemetry.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, around)
  if (span.isRecording()) {
    const { traceId, spanId, traceFlags } = span.spanContext()
    return { traceId, spanId, flags: traceFlags, span }
  }
  const fresh = randomUUID().replaceAll('-', '')
  return {
    traceId: parent?.traceId ?? fresh,
    spanId: fresh.slice(16),
    flags: parent?.traceFlags ?? TraceFlags.NONE,
  }
}

/** Ends the span of a request with what its log says of it. */
export function endTrace({ span }: Trace, isFailure: boolean, attributes: Record<string, string | number | undefined>) {
  if (!span) return
  span.setAttributes(attributes)
  if (isFailure) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

/**
 * A span below that of the request for each of its statements. Statements themselves carry nothing: a comment in each would
 * cost its prepared plan.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/database/database-spans/ read 2026-11
 */
export function traceStatements(request: Span): TraceStatement {
  const around = telemetry.setSpan(ROOT_CONTEXT, request)
  return text => {
    const verb = /^\W*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'SQL'
    const attributes = {
      'db.system.name': 'postgresql',
      'db.operation.name': verb,
      'db.query.text': text.slice(0, statementMax),
    }
    const span = tracer.startSpan(verb, { kind: SpanKind.CLIENT, attributes }, around)
    return (rows, isFailure) => {
      span.setAttribute('db.response.returned_rows', rows)
      if (isFailure) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    }
  }
}

/** Characters of a statement that its span shows. */
const statementMax = 4_000

/** The header that passes a trace on. */
export const traceparentOf = ({ traceId, spanId, flags }: Trace) =>
  `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`

function readTraceparent(header: unknown) {
  if (typeof header !== 'string') return undefined
  const [, version, traceId = '', spanId = '', flags = '', more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(header) ?? []
  const isKnown = version !== undefined && version !== 'ff' && !(version === '00' && more !== undefined)
  if (!isKnown || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED }
}
