import { trace, type Context, type Span, type SpanOptions } from '@opentelemetry/api'
import { afterAll, expect, it } from 'vitest'
import { servedHouse } from './served.ts'

type Kept = {
  readonly name: string
  readonly spanId: string
  readonly parent: string | undefined
  readonly traceId: string
  readonly attributes: Record<string, unknown>
  ended: number
  isFailure: boolean
}

/** What an SDK would be: it keeps the spans. */
const spans: Kept[] = []
let ids = 0

function startSpan(name: string, { attributes = {} }: SpanOptions = {}, context?: Context): Span {
  const parent = context && trace.getSpanContext(context)
  ids += 1
  const spanId = ids.toString(16).padStart(16, '0')
  const traceId = parent?.traceId ?? ids.toString(16).padStart(32, '0')
  const kept: Kept = {
    ...{ name, spanId, parent: parent?.spanId, traceId, attributes: { ...attributes }, ended: 0, isFailure: false },
  }
  spans.push(kept)
  const span: Span = {
    spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
    setAttribute(key, value) {
      kept.attributes[key] = value
      return span
    },
    setAttributes(given) {
      Object.assign(kept.attributes, given)
      return span
    },
    setStatus() {
      kept.isFailure = true
      return span
    },
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    updateName: () => span,
    recordException: () => undefined,
    isRecording: () => true,
    end: () => void (kept.ended += 1),
  }
  return span
}
trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: () => undefined as never }) })
afterAll(() => trace.disable())

const house = await servedHouse()
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const ask = async (query: string, parentId: string) =>
  (await house.post(JSON.stringify({ query }), { traceparent: `00-${traceId}-${parentId}-01` })).text()
const below = (parent: string | undefined) => spans.filter(span => span.parent === parent)

it('leads from the caller through the request to each of its statements', async () => {
  const filter = '(filter: { name: { eq: "a secret name" } })'
  await ask(`{ accounts${filter} { totalCount } opportunities${filter} { totalCount } }`, 'aaaaaaaaaaaaaaaa')
  await expect.poll(() => below('aaaaaaaaaaaaaaaa').filter(({ ended }) => ended > 0)).toHaveLength(1)

  const [request] = below('aaaaaaaaaaaaaaaa')
  const statements = below(request?.spanId)
  expect(request).toMatchObject({ traceId, attributes: { 'switchyard.door': 'graphql', 'http.route': '/graphql' } })
  expect(statements.length).toBeGreaterThanOrEqual(2)
  for (const { attributes, ...span } of statements) {
    expect(span).toMatchObject({ name: 'SELECT', traceId, ended: 1, isFailure: false })
    expect(attributes).toMatchObject({
      'db.system.name': 'postgresql',
      'db.response.returned_rows': expect.any(Number),
    })
  }
  const texts = statements.map(({ attributes }) => String(attributes['db.query.text']))
  expect(texts.some(text => text.includes('accounts'))).toBe(true)
  expect(JSON.stringify(spans)).not.toContain('a secret name')
})

it('shows which statement has failed', async () => {
  await house.sql`alter table accounts rename to accounts_away`
  await ask('{ accounts { nodes { id } } }', 'bbbbbbbbbbbbbbbb')
  await house.sql`alter table accounts_away rename to accounts`
  await expect.poll(() => below('bbbbbbbbbbbbbbbb').filter(({ ended }) => ended > 0)).toHaveLength(1)

  const [request] = below('bbbbbbbbbbbbbbbb')
  expect(below(request?.spanId).filter(({ isFailure }) => isFailure)).toMatchObject([{ name: 'SELECT', ended: 1 }])
})
