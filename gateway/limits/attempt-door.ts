import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { noteOf } from '../log.ts'
import { bodyOf, tryLater } from '../oauth/league-errors.ts'
import { errorPage, pageHeaders } from '../oauth/pages.ts'
import { routes } from '../oauth/provider.ts'
import { readTokenRequest } from '../oauth/token-request.ts'
import type { Attempt, Attempted, Attempts } from './attempts.ts'
import { limitHeaders, problemOf, type Refusal } from './headers.ts'
import { takeTurns } from './turns.ts'

/** What is refused at once costs about 0.3 ms: so long is another request held up by each, every time that it waits. */
const triesAtOnce = 1

/**
 * Lets the doors of a scope be knocked at only so often. What is posted there names an account and carries its password
 * or secret: a try is counted when it arrives, and given back when the answer is no refusal.
 */
export function guardAttempts(scope: FastifyInstance, attempts: Attempts) {
  const made = new WeakMap<FastifyRequest, Attempt>()
  const turn = takeTurns(triesAtOnce)

  scope.addHook('onRequest', async ({ method }) => (method === 'POST' ? turn() : undefined))

  scope.addHook('preHandler', async (request, reply) => {
    if (request.method !== 'POST') return
    const attempt = await attempts(await attemptedBy(request))
    made.set(request, attempt)
    if (attempt.refusal) return refuse(request, reply, attempt.refusal)
  })

  scope.addHook('onSend', (request, reply, payload, done) => {
    const attempt = made.get(request)
    if (attempt) {
      const { accounts, refusal } = attempt
      if (!refusal && !isFailure(reply.statusCode, payload)) attempt.succeeded()
      void reply.headers(standing({ accounts, refusal }))
    }
    done(null, payload)
  })
}

/** What is told of tries that are left. */
export const standing = ({ accounts, refusal }: Pick<Attempt, 'accounts' | 'refusal'>) =>
  limitHeaders({ accounts, concurrentMax: undefined, running: 0, isDegraded: false, refusal })

async function attemptedBy({ body, headers, ip: address }: FastifyRequest): Promise<Attempted> {
  const { username, client_id: client } = await readTokenRequest(body, headers)
  const name = username ?? (Buffer.isBuffer(body) ? new URLSearchParams(body.toString('utf8')).get('name') : null)
  if (name !== null) return { account: `user ${name}`, address }
  return { account: client === undefined ? `address ${address}` : `client ${client}`, address }
}

/** A device that still waits for its user has done nothing wrong, nor has whoever is told to come again. */
function isFailure(status: number, payload: unknown) {
  if (status < 400 || status >= 500 || status === 429) return false
  const text = Buffer.isBuffer(payload) || typeof payload === 'string' ? payload.toString() : ''
  return !/"error":\s*"(authorization_pending|slow_down)"/.test(text)
}

function refuse(request: FastifyRequest, reply: FastifyReply, refusal: Refusal) {
  Object.assign(noteOf(request), { code: 'RATE_LIMITED', limitedBy: refusal.policy })
  if (request.url.startsWith(routes.interaction)) {
    const page = errorPage('There were too many attempts. Wait a few minutes and try again.')
    return reply.code(429).headers(pageHeaders).send(Buffer.from(page))
  }
  const body = { ...(JSON.parse(bodyOf(tryLater(429))) as object), ...problemOf(refusal) }
  return reply
    .code(429)
    .headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    .send(Buffer.from(JSON.stringify(body)))
}
