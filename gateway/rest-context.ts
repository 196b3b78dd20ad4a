import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { RestContext } from '../rest-compat/context.ts'
import type { Repeatable } from '../drizzle/once.ts'
import type { Principal } from '../schema/principal.ts'
import type { Context } from '../drizzle/context.ts'
import { accessFor } from '../drizzle/access.ts'
import type { Meter } from '../drizzle/meter.ts'
import { contextFor, type House } from './context.ts'
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
  { principal, requestId, door, validation = 'lenient', meter, traceparent, signal, visit, repeatable }: RestCaller,
  log: Logger,
): RestContext {
  const { catalog } = graph
  return {
    catalog,
    principal,
    now: house.now,
    requestId,
    // The principal is asked of the context given: a view may learn in the middle of a request who acts.
    execute: (operation, variables, { principal, isRehearsal }) => {
      const caller = {
        ...{
          principal,
          requestId,
          door,
          meter,
          traceparent,
          signal,
          isRehearsal,
          validation,
          repeatable: repeatable?.(principal),
        },
      }
      const run = async () => graph.runPrepared(operation, variables, await contextFor({ ...house, catalog }, caller))
      return visit.run(priceOfText(graph.api, operation), variables, run, 'root')
    },
    accessOf: principal => accessFor(house.pool, principal),
    refused: error => graph.denials?.note({ requestId, principal, now: house.now, door }, [refusedBy(error)]),
    log: (fields, message) => log.info({ ...fields, request_id: requestId }, message),
  }
}

/** Takes bodies of any media type as bytes: SuiteCRM has its own ideas of how to read them. */
export function acceptBytes(scope: FastifyInstance) {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, body, done) =>
    done(null, body),
  )
}
