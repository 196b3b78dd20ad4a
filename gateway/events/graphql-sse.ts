import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { httpStatusOf, isErrorCode } from '../../schema/errors.ts'
import { scopeChallenge } from '../../schema/insufficient-scope.ts'
import type { Principal } from '../../schema/principal.ts'
import { noteOf } from '../log.ts'
import type { Identity } from '../oauth/identity.ts'
import type { PublicError, SubgraphResponse } from '../supergraph/subgraph.ts'
import type { Share } from './broadcast.ts'
import { keepAliveMs, orSilence } from './sse.ts'
import { endOf, goneSignal, standingOf, whileWelcome, type Streams } from './streams.ts'
import { cutWhenStuck } from './stuck.ts'
import { askedSchema, type Subscriptions } from './subscriptions.ts'

type Deps = { readonly subscriptions: Subscriptions; readonly identity: Identity; readonly streams: Streams }

/** Where nothing but streams is answered. */
export const streamPath = '/graphql/stream'

/** Does the client want a stream? That is said by what it accepts, as the protocol has it, or by the address. */
export const wantsStream = ({ headers: { accept }, routeOptions: { url } }: FastifyRequest) =>
  url === streamPath || /text\/event-stream/i.test(accept ?? '')

/**
 * Answers a subscription as Server-Sent Events: GraphQL over SSE, in distinct connections mode.
 *
 * @see https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md read 2026-11
 */
export async function answerSubscription(
  { subscriptions, identity, streams }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  principal: Principal,
) {
  const note = noteOf(request)
  const asked = askedSchema.safeParse(request.method === 'GET' ? fromAddress(request.query) : request.body)
  if (!asked.success) return refuse(reply, note, [badRequest])
  const gone = goneSignal(reply)
  const signal = whileWelcome(principal, standingOf(identity, request.headers), streams.closing, gone)
  const opened = await subscriptions.open(asked.data, { principal, requestId: request.id, signal })
  if (opened.kind === 'refused') return refuse(reply, note, opened.errors)
  note.operation = `subscription ${opened.name}`
  cutWhenStuck(reply.raw)
  return reply
    .headers({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    .send(Readable.from(textOf(opened.answers, signal)))
}

async function* textOf(answers: Share<SubgraphResponse>, signal: AbortSignal): AsyncGenerator<string, void> {
  yield ':\n\n'
  for await (const answer of orSilence(answers, keepAliveMs)) {
    yield answer === 'silence' ? ':\n\n' : `event: next\ndata: ${JSON.stringify(answer)}\n\n`
  }
  const end = endOf(signal)
  if (end)
    yield `event: next\ndata: ${JSON.stringify({ errors: [{ message: end.message, extensions: { code: end.code } }] })}\n\n`
  yield 'event: complete\ndata:\n\n'
}

const badRequest: PublicError = {
  message: 'Send a GraphQL request: { "query": "subscription { ... }" }',
  extensions: { code: 'BAD_REQUEST' },
}

function refuse(reply: FastifyReply, note: { code?: string }, errors: readonly PublicError[]) {
  const [first = badRequest] = errors
  const { code } = first.extensions
  note.code = code
  const challenge = scopeChallenge(first.extensions)
  if (challenge) void reply.header('www-authenticate', challenge)
  const status = isErrorCode(code) ? httpStatusOf(code) : 400
  return reply
    .code(status === 401 ? 400 : status)
    .header('cache-control', 'no-store')
    .send({ errors })
}

/** A GET has its variables as JSON text. */
function fromAddress(query: unknown): unknown {
  if (typeof query !== 'object' || query === null || !('variables' in query) || typeof query.variables !== 'string') {
    return query
  }
  try {
    return { ...query, variables: JSON.parse(query.variables) as unknown }
  } catch {
    return undefined
  }
}
