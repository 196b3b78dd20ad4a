import { Readable } from 'node:stream'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { eventSchema } from '../../schema/event-types.ts'
import { scopeChallenge } from '../../schema/insufficient-scope.ts'
import type { Principal } from '../../schema/principal.ts'
import { beginning, followFeed, logOf, readFeed } from '../../subgraphs/events/feed.ts'
import { permitWanted } from '../../subgraphs/events/permit.ts'
import { findType, listTypes } from '../../subgraphs/events/types.ts'
import { takeSnapshot } from '../../subgraphs/events/snapshot.ts'
import { wants } from '../../subgraphs/events/wanted.ts'
import { credentialOf } from '../api-keys.ts'
import { contextFor } from '../context.ts'
import type { DoorDeps } from '../doors.ts'
import { refusalOf, retryHeaders } from '../http.ts'
import { noteOf, observed } from '../log.ts'
import { challengeFor, type Refused } from '../oauth/challenge.ts'
import { requestSignal } from '../request-signal.ts'
import { runMsMax } from '../rest-context.ts'
import { demandKnown, numberIn, textIn, wantedIn, type Query } from './event-query.ts'
import { asServerSentEvents } from './sse.ts'
import { cutWhenStuck } from './stuck.ts'
import { goneSignal, standingOf, whileWelcome } from './streams.ts'

const streamed: ReadonlySet<string> = new Set(['/events/stream', '/events/snapshot'])

/** A snapshot of a large module takes minutes, and holds a connection. */
const snapshotMsMax = 30 * 60_000

/**
 * A Fastify plugin: the feed of events as pages (`/events`), as a stream (`/events/stream`), the records to begin with
 * (`/events/snapshot`), and what types there are (`/events/types`). For callers with a token that may read records.
 */
export const eventsDoor = (deps: DoorDeps) => async (scope: FastifyInstance) => {
  const { identity, limits, house, graphs, report, streams } = deps
  const principals = new WeakMap<FastifyRequest, Principal>()

  scope.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, code, message } = refusalOf(error, request, report)
    noteOf(request).code = code
    const details = error instanceof HouseError ? error.details : {}
    const challenge = scopeChallenge(details)
    if (challenge) void reply.header('www-authenticate', challenge)
    return reply
      .code(status)
      .headers(retryHeaders(status))
      .send({ error: code, message, ...details })
  })

  scope.addHook('onRequest', async (request, reply) => {
    const caller = await identity.authenticate(request)
    if (caller.kind !== 'ok') return challenge(request, reply, caller)
    const { userId, clientId, keyId } = caller.principal
    Object.assign(noteOf(request), { userId, clientId, keyId })
    principals.set(request, caller.principal)
    const isStream = streamed.has(request.routeOptions.url ?? '')
    await (isStream ? limits.enterStream : limits.enter)(caller.principal, request, reply)
  })

  const challenge = (request: FastifyRequest, reply: FastifyReply, refused: Refused) => {
    const credential = credentialOf(request.headers)
    const shown = { credential, issuer: identity.issuer, resource: '/events' }
    const message = 'Send an access token: Authorization: Bearer ...'
    noteOf(request).code = 'UNAUTHENTICATED'
    return reply
      .code(401)
      .header('www-authenticate', challengeFor(refused, shown))
      .send({ error: 'UNAUTHENTICATED', message })
  }

  function contextOf(request: FastifyRequest, signal?: AbortSignal): Promise<Context> {
    const principal = principals.get(request)
    if (!principal) throw new Error('A request for events without a principal')
    const caller = { principal, requestId: request.id, door: 'events', signal, validation: 'strict' as const }
    return contextFor({ ...house, catalog: graphs.current.catalog }, { ...caller, ...observed(request) })
  }

  scope.get<{ Querystring: Query }>('/events', async (request, reply) => {
    const { query } = request
    demandKnown(query, ['cursor', 'limit', 'modules', 'types', 'ids'])
    noteOf(request).operation = 'feed'
    const ctx = await contextOf(request, requestSignal(reply.raw, Date.now() + runMsMax))
    const wanted = wantedIn(query)
    permitWanted(ctx, wanted)
    const from = await beginning(logOf(ctx), textIn(query, 'cursor'))
    const { events, cursor, hasMore } = await readFeed(ctx, from, wanted, numberIn(query, 'limit', 100))
    const list = events.map(({ event, cursor }) => ({ ...event, cursor }))
    return reply.header('cache-control', 'no-store').send({ events: list, cursor, hasMore })
  })

  scope.get<{ Querystring: Query }>('/events/stream', async (request, reply) => {
    const { query, headers } = request
    demandKnown(query, ['cursor', 'modules', 'types', 'ids'])
    noteOf(request).operation = 'stream'
    const gone = goneSignal(reply)
    const ctx = await contextOf(request)
    const wanted = wantedIn(query)
    permitWanted(ctx, wanted)
    const log = logOf(ctx)
    const resumed = typeof headers['last-event-id'] === 'string' ? headers['last-event-id'] : undefined
    const from = await beginning(log, resumed || (textIn(query, 'cursor') ?? 'now'))
    await log.read(from, 1) // says now, by a status, that the cursor has expired
    streams.enter(ctx.principal, gone)
    const signal = whileWelcome(ctx.principal, standingOf(identity, headers), streams.closing, gone)
    const feed = followFeed(log, from, wants(ctx.catalog, wanted), () => contextOf(request), signal)
    return sendStream(reply, 'text/event-stream; charset=utf-8', asServerSentEvents(feed, signal, log.encode))
  })

  scope.get<{ Querystring: Query }>('/events/types', async (request, reply) => {
    demandKnown(request.query, ['types'])
    noteOf(request).operation = 'types'
    const found = listTypes(await contextOf(request), wantedIn(request.query).types)
    const types = found.map(({ name, version, subject, description }) => ({
      ...{ type: name, version, module: subject, description },
      schema: `/events/types/${name}`,
    }))
    return reply.header('cache-control', 'no-store').send({ types })
  })

  scope.get<{ Querystring: Query; Params: { type: string } }>('/events/types/:type', async (request, reply) => {
    demandKnown(request.query, [])
    noteOf(request).operation = 'type'
    const type = findType(await contextOf(request), request.params.type)
    return reply
      .headers({ 'content-type': 'application/schema+json', 'cache-control': 'no-store' })
      .send(eventSchema(type))
  })

  scope.get<{ Querystring: Query }>('/events/snapshot', async (request, reply) => {
    demandKnown(request.query, ['module'])
    noteOf(request).operation = 'snapshot'
    const gone = requestSignal(reply.raw, Date.now() + snapshotMsMax)
    const ctx = await contextOf(request, gone)
    const name = textIn(request.query, 'module')
    const module = name === undefined ? undefined : ctx.catalog.byName.get(name)
    if (!module) {
      throw new HouseError('BAD_REQUEST', 'Say of which module: /events/snapshot?module=Accounts', {
        argument: 'module',
      })
    }
    permitWanted(ctx, { modules: [module.name] })
    streams.enter(ctx.principal, goneSignal(reply))
    const signal = AbortSignal.any([gone, streams.closing])
    return sendStream(reply, 'application/x-ndjson; charset=utf-8', lines(takeSnapshot(ctx, module, signal)))
  })
  return Promise.resolve()
}

/** The pace is the client's: nothing is made that it has not room for. */
function sendStream(reply: FastifyReply, type: string, chunks: AsyncGenerator<string, void>) {
  cutWhenStuck(reply.raw)
  return reply
    .headers({ 'content-type': type, 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    .send(Readable.from(chunks))
}

async function* lines(parts: ReturnType<typeof takeSnapshot>): AsyncGenerator<string, void> {
  for await (const part of parts) {
    if ('cursor' in part) yield `${JSON.stringify(part)}\n`
    else if (part.records.length > 0) yield part.records.map(record => `${JSON.stringify(record)}\n`).join('')
  }
}
