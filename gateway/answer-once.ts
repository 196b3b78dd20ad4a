import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Repeatable } from '../drizzle/once.ts'
import type { Access } from '../schema/access.ts'
import { HouseError } from '../schema/errors.ts'
import type { Principal } from '../schema/principal.ts'
import type { DoorDeps } from './doors.ts'
import {
  fingerprintOf,
  idempotencyKeyOf,
  keptSeconds,
  type Begun,
  type Idempotency,
  type KeptAnswer,
} from './idempotency.ts'

type Acting = { readonly principal: Principal; readonly access: Access }
type Keyed = { readonly key: string; readonly fingerprint: string } & Acting
type Running = Extract<Begun, { kind: 'run' }>

const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What a client needs of GraphQL's first answer to understand it; the rest is about the exchange. */
const keptHeaders: ReadonlySet<string> = new Set(['content-type', 'api-version'])

/** What tells people about keys; gateway/docs.ts serves it. */
export const keyDocs = '/docs/idempotency'

/** The header of an answer that refuses a request for want of a key. */
export const keyHelp: Readonly<Record<string, string>> = { link: `<${keyDocs}>; rel="help"` }

/** A key was demanded of what writes, and there is none. */
export const keyMissing = () =>
  new HouseError('BAD_REQUEST', `Send an Idempotency-Key with everything that writes; ${keyDocs} tells how`, {
    header: 'Idempotency-Key',
    type: keyDocs,
  })

/**
 * Must what a caller writes have a key?
 *
 * @param clientId  the API client, if it came through one
 */
export const demandsKey = async (
  { identity, idempotencyKeys }: Pick<DoorDeps, 'identity' | 'idempotencyKeys'>,
  clientId: string | undefined,
): Promise<boolean> =>
  idempotencyKeys === 'required' ||
  (clientId !== undefined && (await identity.clients.find(clientId))?.requiresIdempotencyKey === true)

/** @throws BAD_REQUEST  the request may write and has no key */
export function demandKey({ method, headers }: FastifyRequest, reply: FastifyReply): void {
  if (safe.has(method) || headers['idempotency-key'] !== undefined) return
  void reply.headers(keyHelp)
  throw keyMissing()
}

/**
 * What a request asks, when it has an `Idempotency-Key` and may write.
 *
 * @param body  is asked for with a key only
 * @throws BAD_REQUEST  the key is none
 */
export function keyOf({ method, url, headers }: FastifyRequest, body: () => Buffer | string) {
  const key = safe.has(method) ? undefined : idempotencyKeyOf(headers['idempotency-key'])
  return key === undefined
    ? undefined
    : { key, fingerprint: fingerprintOf(method, url, headers['api-version'], body()) }
}

/**
 * Answers a request with a key: what was answered before, marked as such, or what `run` answers, which is then kept.
 *
 * @throws KEY_REUSED, CONFLICT
 */
export async function answerOnce(
  idempotency: Idempotency,
  keyed: Keyed,
  reply: FastifyReply,
  run: (repeatable: Repeatable) => Promise<KeptAnswer>,
): Promise<KeptAnswer> {
  const begun = await begin(idempotency, keyed, reply)
  if (begun.kind === 'kept') return begun.answer
  let answer: KeptAnswer | undefined
  try {
    answer = await run(repeatableOf(begun, reply))
    return answer
  } finally {
    await begun.end(answer)
  }
}

/**
 * {@link answerOnce} for a scope whose handler sends the answer itself.
 *
 * @param whose  who sent the request; undefined for callers who may not write
 * @returns      what the writes of a request are remembered under
 */
export function rememberAnswers(
  scope: FastifyInstance,
  idempotency: Idempotency,
  whose: (request: FastifyRequest) => Promise<Acting | undefined>,
) {
  const begun = new WeakMap<FastifyRequest, Running>()

  scope.addHook('preHandler', async (request, reply) => {
    const keyed = keyOf(request, () => JSON.stringify(request.body) ?? '')
    const acting = keyed && (await whose(request))
    if (!acting) return
    const started = await begin(idempotency, { ...keyed, ...acting }, reply)
    if (started.kind === 'kept') {
      const { status, headers, body } = started.answer
      return reply.code(status).headers(headers).send(body)
    }
    begun.set(request, started)
    reply.raw.once('close', () => void started.end())
  })

  scope.addHook('onSend', async (request, reply, payload) => {
    const running = begun.get(request)
    if (!running) return
    const headers = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
      keptHeaders.has(name) ? [[name, String(value)] as const] : [],
    )
    const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.from(payload) : undefined
    await running.end(body && { status: reply.statusCode, headers: Object.fromEntries(headers), body })
  })

  return (request: FastifyRequest, reply: FastifyReply): Repeatable | undefined => {
    const running = begun.get(request)
    return running && repeatableOf(running, reply)
  }
}

async function begin(idempotency: Idempotency, keyed: Keyed, reply: FastifyReply): Promise<Begun> {
  const begun = await idempotency.begin(keyed)
  void reply.header('idempotency-retention', String(keptSeconds))
  if (begun.kind === 'kept') markRepeat(reply)
  return begun
}

const repeatableOf = ({ repeatable }: Running, reply: FastifyReply): Repeatable => ({
  ...repeatable,
  onRepeat: () => markRepeat(reply),
})

/** Tells that nothing was written this time. */
export const markRepeat = (reply: FastifyReply) => void reply.header('idempotent-replayed', 'true')
