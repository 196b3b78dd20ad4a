import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { RestContext } from '../rest-compat/context.ts'
import type { Execute } from '../rest-compat/operation.ts'
import { once, remembered, type Repeatable } from '../drizzle/once.ts'
import { HouseError } from '../schema/errors.ts'
import type { Principal } from '../schema/principal.ts'
import { transaction, type Context } from '../drizzle/context.ts'
import { accessFor } from '../drizzle/access.ts'
import type { Meter } from '../drizzle/meter.ts'
import { contextFor, type House } from './context.ts'
import { callerOf, fingerprintOf } from './idempotency.ts'
import { priceOfText } from './limits/price.ts'
import type { Visit } from './limits/visit.ts'
import { refusedBy } from './policy/denied.ts'
import type { Graph } from './supergraph/graph.ts'

/** Files travel as base64 in the body. */
const bodyBytesMax = 25 * 1024 * 1024

/** What a legacy request may take before its statements are cancelled. */
export const runMsMax = 60_000

export type RestCaller = {
  readonly principal: Principal
  readonly requestId: string
  readonly door?: string
  /** `lenient` unless the view checks what it is given. */
  readonly validation?: Context['validation']
  readonly meter?: Meter
  readonly uses?: Context['uses']
  readonly traceparent?: string
  readonly signal: AbortSignal
  /** What its operations are charged to. */
  readonly visit: Pick<Visit, 'run'>
  /** What its writes are remembered under, for whoever acts. */
  readonly repeatable?: (principal: Principal) => Repeatable
}

/** The context of a REST view: its operations run on the graph, storing what SuiteCRM would store unless it validates. */
export function restContext(
  graph: Graph,
  house: Omit<House, 'catalog'>,
  { principal, requestId, door, validation = 'lenient', signal, visit, repeatable, ...observed }: RestCaller,
  log: Logger,
): RestContext {
  const { catalog } = graph
  const by = { requestId, door, signal, validation, ...observed }
  const contextOf = (principal: Principal, isRehearsal?: boolean, repeatable?: Repeatable) =>
    contextFor({ ...house, catalog }, { ...by, principal, isRehearsal, repeatable })

  // The principal is asked of the context given: a view may learn in the middle of a request who acts.
  const executing =
    (contextOf: (principal: Principal, isRehearsal?: boolean) => Promise<Context>): Execute =>
    (operation, variables, { principal, isRehearsal }) => {
      const run = async () => graph.runPrepared(operation, variables, await contextOf(principal, isRehearsal))
      return visit.run(priceOfText(graph.api, operation), variables, run, 'root')
    }

  const context: RestContext = {
    catalog,
    principal,
    now: house.now,
    requestId,
    execute: executing((principal, isRehearsal) => contextOf(principal, isRehearsal, repeatable?.(principal))),
    async atomically(work, isRehearsal) {
      if (graph.isApart) throw apart()
      const whole = await contextOf(principal, isRehearsal, repeatable?.(principal))
      return once(whole, whole =>
        transaction(whole, ({ sql, trail }) => {
          const joining = async (principal: Principal, isRehearsal?: boolean) => {
            const ctx = await contextOf(principal, isRehearsal)
            return { ...ctx, sql, trail }
          }
          return work({
            context: { ...context, execute: executing(joining) },
            once: (key, what, part) =>
              once({ ...whole, sql, repeatable: partOf(principal, key, what) }, ctx => remembered(ctx, part)),
          })
        }),
      )
    },
    accessOf: principal => accessFor(house.pool, principal),
    refused: error => graph.denials?.note({ requestId, principal, now: house.now, door }, [refusedBy(error)]),
    log: (fields, message) => log.info({ ...fields, request_id: requestId }, message),
  }
  return context
}

/** A part of a request that has a key of its own is no other request's key. */
const partOf = (principal: Principal, key: string, what: unknown): Repeatable => ({
  caller: callerOf(principal),
  key: `part ${key}`,
  fingerprint: fingerprintOf('part', '', undefined, JSON.stringify(what)),
  nextStep: () => 0,
})

const apart = () =>
  new HouseError('BAD_REQUEST', 'Here subgraphs run apart, and no transaction spans them: send one change at a time')

/** Takes bodies of any media type as bytes: SuiteCRM has its own ideas of how to read them. */
export function acceptBytes(scope: FastifyInstance) {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, body, done) =>
    done(null, body),
  )
}
