import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { HouseError } from '../../schema/errors.ts'
import type { Principal } from '../../schema/principal.ts'
import { looksLikeKey } from '../../subgraphs/identity/key-text.ts'
import { credentialOf } from '../api-keys.ts'
import { tokenOf, type Authentication } from '../authenticate.ts'
import type { Identity } from '../oauth/identity.ts'

/** Why a stream ends by our will. `code` is that of an error, or says that the house closes. */
export type StreamEnd = { readonly code: 'UNAUTHENTICATED' | 'UNAVAILABLE' | 'RESYNC'; readonly message: string }

/** The streams that are open in this process, of all kinds. */
export type Streams = {
  /**
   * Takes a place among the streams of a caller, for as long as `signal` has not ended.
   *
   * @throws RATE_LIMITED  it has as many as it may have
   */
  enter(principal: Principal, signal: AbortSignal): void
  /** Ends when the house closes; its reason is a {@link StreamEnd}. */
  readonly closing: AbortSignal
  readonly open: number
  /** Ends all streams, and waits until they have said good-bye. */
  close(): Promise<void>
}

/** Streams that have said good-bye but whose clients do not go are cut by the server. */
const goodbyeMsMax = 2_000

/** @param clientMax  streams that one caller may have open in one process */
export function openStreams(clientMax: number): Streams {
  const closing = new AbortController()
  const byCaller = new Map<string, number>()
  let open = 0

  return {
    closing: closing.signal,
    get open() {
      return open
    },
    enter({ keyId, clientId, userId }, signal) {
      if (signal.aborted) return
      const caller = `${keyId ?? clientId ?? 'session'}|${userId}`
      const others = byCaller.get(caller) ?? 0
      if (others >= clientMax) {
        throw new HouseError('RATE_LIMITED', `At most ${clientMax} streams can be open at the same time`, {
          violatedPolicies: ['streams'],
        })
      }
      byCaller.set(caller, others + 1)
      open += 1
      const leave = () => {
        open -= 1
        const left = (byCaller.get(caller) ?? 1) - 1
        if (left > 0) byCaller.set(caller, left)
        else byCaller.delete(caller)
      }
      signal.addEventListener('abort', leave, { once: true })
    },
    async close() {
      const end: StreamEnd = {
        code: 'UNAVAILABLE',
        message: 'The server closes: come again, and go on from your cursor',
      }
      closing.abort(end)
      const limit = performance.now() + goodbyeMsMax
      while (open > 0 && performance.now() < limit) await pause(10)
    },
  }
}

/** Whether who opened a stream may still have it: known from memory, so that it can be asked often. */
export type Standing = () => Promise<Authentication>

/** A proof of possession is good for one request, so later only the token that it came with is looked at. */
export function standingOf(identity: Identity, headers: IncomingHttpHeaders): Standing {
  const text = tokenOf(credentialOf(headers))
  if (!looksLikeKey(text)) return () => identity.examine(text)
  return () => identity.authenticate({ headers: { authorization: `Bearer ${text}` }, method: 'GET', url: '/events' })
}

const standingMs = 1_000

/** What a token and its user are for; roles are looked at for every event. */
const rightsOf = ({ userId, isAdmin, scopes }: Principal) => JSON.stringify([userId, isAdmin, scopes])

/**
 * A signal that ends when the caller's token has expired, was taken back or is good for something else now, or the house
 * closes; its reason says which.
 *
 * @param gone  ends when the caller has left
 */
export function whileWelcome(
  principal: Principal,
  standing: Standing,
  closing: AbortSignal,
  gone: AbortSignal,
): AbortSignal {
  if (gone.aborted) return gone
  const left = new AbortController()
  const rights = rightsOf(principal)
  const timer = setInterval(() => {
    standing().then(
      caller => (caller.kind !== 'ok' || rightsOf(caller.principal) !== rights) && left.abort(expiredEnd),
      () => undefined, // the database is away; the token is not at fault
    )
  }, standingMs).unref()
  gone.addEventListener('abort', () => clearInterval(timer), { once: true })
  return AbortSignal.any([left.signal, closing, gone])
}

export const expiredEnd: StreamEnd = {
  code: 'UNAUTHENTICATED',
  message: 'The access token is not valid any more: come again with a new one, and go on from your cursor',
}

/** What to tell who is sent away; undefined when it went by itself. */
export const endOf = ({ reason }: AbortSignal): StreamEnd | undefined =>
  typeof reason === 'object' && reason !== null && 'code' in reason && !(reason instanceof Error)
    ? (reason as StreamEnd)
    : undefined

/** Ends when the answer is over, however; who goes while it is found out who it is has gone already. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  const end = () => gone.abort(new DOMException('The caller has gone', 'AbortError'))
  if (reply.raw.closed) end()
  else reply.raw.once('close', end)
  return gone.signal
}
