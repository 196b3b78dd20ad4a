import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Repeatable } from '../drizzle/once.ts'
import type { Access } from '../schema/access.ts'
import type { Principal } from '../schema/principal.ts'
import {
  fingerprintOf,
  idempotencyKeyOf,
  keptSeconds,
  type Begun,
  type Idempotency,
  type KeptAnswer,
} from './idempotency.ts'

type Acting = { readonly principal: Principal; readonly access: Access }

const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * What a request asks, when it has an `Idempotency-Key` and may write.
 *
 * @throws BAD_REQUEST  the key is none
 */
export function keyOf({ method, url, headers }: FastifyRequest, body: Buffer | string) {
  const key = safe.has(method) ? undefined : idempotencyKeyOf(headers['idempotency-key'])
  return key === undefined ? undefined : { key, fingerprint: fingerprintOf(method, url, headers['api-version'], body) }
}

/**
 * Answers a request with a key: what was answered before, marked as such, or what `run` answers, which is then kept.
 *
 * @throws KEY_REUSED, CONFLICT
 */
export async function answerOnce(
  idempotency: Idempotency,
  keyed: { readonly key: string; readonly fingerprint: string } & Acting,
  reply: FastifyReply,
  run: (repeatable: Repeatable) => Promise<KeptAnswer>,
): Promise<KeptAnswer> {
  const begun = await idempotency.begin(keyed)
  void reply.header('idempotency-retention', String(keptSeconds))
  if (begun.kind === 'kept') {
    markRepeat(reply)
    return begun.answer
  }
  let answer: KeptAnswer | undefined
  try {
    answer = await run({ ...begun.repeatable, onRepeat: () => markRepeat(reply) })
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
  const begun = new WeakMap<FastifyRequest, Extract<Begun, { kind: 'run' }>>()

  scope.addHook('preHandler', async (request, reply) => {
    const keyed = keyOf(request, JSON.stringify(request.body) ?? '')
    const acting = keyed && (await whose(request))
    if (!acting) return
    const started = await idempotency.begin({ ...keyed, ...acting })
    void reply.header('idempotency-retention', String(keptSeconds))
    if (started.kind === 'kept') {
      markRepeat(reply)
      const { status, headers, body } = started.answer
      return reply.code(status).headers(headers).send(body)
    }
    begun.set(request, started)
    reply.raw.once('close', () => void started.end())
  })

  scope.addHook('onSend', async (request, reply, payload) => {
    const running = begun.get(request)
    if (!running) return
    const headers = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)] as const)
    const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.from(payload) : undefined
    await running.end(body && { status: reply.statusCode, headers: Object.fromEntries(headers), body })
  })

  return (request: FastifyRequest, reply: FastifyReply): Repeatable | undefined => {
    const running = begun.get(request)
    return running && { ...running.repeatable, onRepeat: () => markRepeat(reply) }
  }
}

/** Tells that nothing was written this time. */
export const markRepeat = (reply: FastifyReply) => void reply.header('idempotent-replayed', 'true')
