import type { Connection, Pool } from './client.ts'
import { measure, type Measurable, type Meter } from './meter.ts'

/**
 * The same connection for one request: when `signal` ends, statements that run are cancelled in the database, and new
 * ones are refused.
 *
 * postgres.js has cancellation per statement, so what was sent has to be remembered.
 *
 * @param meter  is told of the statements
 */
export function cancellable(sql: Pool, signal: AbortSignal, meter?: Meter): Pool {
  const sent: Sent[] = []
  const wrapped = wrap(sql, { signal, sent, meter })
  signal.addEventListener('abort', () => sent.forEach(cancel), { once: true })
  return wrapped
}

/** A statement of postgres.js; the type it exports has no word for what it is doing. */
type Sent = Measurable & {
  cancel(): unknown
  readonly executed: boolean
  readonly active: boolean
  readonly state: unknown
}

/** For whom statements are sent. */
type Request = { readonly signal: AbortSignal; readonly sent: Sent[]; readonly meter: Meter | undefined }

const rememberedMax = 64

function wrap<Sql extends Connection>(sql: Sql, request: Request): Sql {
  const { signal, sent, meter } = request
  const remember = <T>(statement: T): T => {
    if (isStatement(statement)) {
      if (sent.length >= rememberedMax) forgetFinished(sent)
      sent.push(statement)
      if (meter) measure(statement, meter)
    }
    return statement
  }
  const tagged = (...args: unknown[]) => {
    signal.throwIfAborted()
    return remember((sql as unknown as (...args: unknown[]) => unknown)(...args))
  }
  const own: Partial<Pool> = {
    unsafe: ((...args: Parameters<Pool['unsafe']>) => {
      signal.throwIfAborted()
      return remember(sql.unsafe(...args))
    }) as Pool['unsafe'],
  }
  for (const name of ['begin', 'savepoint'] as const) {
    if (name in sql) Object.assign(own, { [name]: nested(sql, name, request) })
  }
  return Object.assign(Object.setPrototypeOf(tagged, sql) as Sql, own)
}

type Work = (sql: Connection) => unknown

/** `begin` and `savepoint` hand out a connection of their own. */
const nested =
  (sql: Connection, name: string, request: Request) =>
  (...args: unknown[]) => {
    request.signal.throwIfAborted()
    const work = args.pop() as Work
    const start = (sql as unknown as Record<string, (...args: unknown[]) => unknown>)[name]
    return start?.call(sql, ...args, (inner: Connection) => work(wrap(inner, request)))
  }

const isStatement = (value: unknown): value is Sent => value instanceof Promise && 'cancel' in value

/** A statement that nobody has awaited yet may be a part of another; it has nothing to cancel. */
function cancel(statement: Sent) {
  if (!statement.executed || (statement.state && !statement.active)) return
  Promise.resolve(statement.cancel()).catch(() => {})
}

function forgetFinished(sent: Sent[]) {
  const running = sent.filter(statement => !statement.executed || !statement.state || statement.active)
  sent.splice(0, sent.length, ...running)
}
