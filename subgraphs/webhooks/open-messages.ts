import type { Pool } from '../../drizzle/client.ts'
import type { Context } from '../../drizzle/context.ts'
import type { StoredEvent } from '../../drizzle/event-log.ts'
import type { Outside } from '../../drizzle/outside.ts'
import { errors, isErrorCode } from '../../schema/errors.ts'
import type { Principal } from '../../schema/principal.ts'
import { eventAs, type RecordEvent } from '../events/event.ts'
import { visibleEvents } from '../events/judge.ts'
import { accessTokens, type AccessTokens, type FetchToken } from './access-token.ts'
import { authorizationOf, type Credentials } from './authentication.ts'
import { bodyOf, thinBody, type Body, type Links, type Told } from './body.ts'
import type { DueMessage, Message, Messages } from './message.ts'
import { bytesHard, type Payload } from './payload.ts'
import { preparing, type PreparedEndpoint } from './prepared-endpoint.ts'
import { compileSelection, valuesFor } from './selection.ts'
import { signedHeaders } from './signing/sign.ts'
import { TemplateFault } from './template.ts'
import { isAboutEndpoint, seesEndpointEvent, testType } from './own-events.ts'
import { wholeRecords } from './whole-records.ts'

export type MessageDeps = {
  readonly sql: Pool
  readonly outside: Outside
  readonly now: () => Date
  /** The context of somebody with their rights of this moment; undefined when they may no longer act. */
  readonly actingFor: (principal: Principal) => Promise<Context | undefined>
  readonly fetchToken: FetchToken
  /** Told of what should not have happened. */
  readonly report: (error: unknown) => void
}

/** Of one batch, so many queries are asked of the graph at the same time. */
const queriesAtOnce = 8

type Each = { readonly due: DueMessage; readonly endpoint: PreparedEndpoint }

/**
 * Makes the messages of attempts. What an endpoint is set to is read and compiled once for a revision; rights are judged
 * for all the events of a batch at once, by one statement for each owner and module. Only a selection asks the graph.
 */
export function openMessages(deps: MessageDeps): Messages {
  const { sql, outside, now, report } = deps
  const { secrets } = outside
  const prepare = preparing(sql, secrets)
  const tokens = accessTokens(sql, secrets, now, deps.fetchToken)

  async function make(due: readonly DueMessage[]): Promise<readonly Message[]> {
    const made: Message[] = []
    const byRights = new Map<string, (Each & { readonly at: number })[]>()
    await Promise.all(
      due.map(async (each, at) => {
        try {
          const endpoint = await prepare(each.endpoint)
          if (!endpoint) made[at] = unseen
          else byRights.set(endpoint.rights, [...(byRights.get(endpoint.rights) ?? []), { due: each, endpoint, at }])
        } catch (error) {
          made[at] = failure(error)
        }
      }),
    )
    await Promise.all(
      [...byRights.values()].map(async all => {
        const answers = await ofOwner(all).catch((error: unknown) => all.map(() => failure(error)))
        all.forEach(({ at }, i) => (made[at] = answers[i] ?? unseen))
      }),
    )
    return made
  }

  /** Messages for endpoints that act with the same rights. */
  async function ofOwner(all: readonly Each[]): Promise<readonly Message[]> {
    const [first] = all
    const ctx = first && (await deps.actingFor(first.endpoint.principal))
    if (!ctx) return all.map(() => ownerGone)
    const seen = await sightOf(
      ctx,
      all.map(({ due }) => due.event),
    )
    const records = await wholeRecords(ctx, recordsWanted(all, seen))
    const queries = atMost(queriesAtOnce)
    return Promise.all(
      all.map(async each => {
        const event = seen.get(each.due.event.id)
        if (!event) return unseen
        try {
          const told = await toldTo(outside, ctx, each.endpoint.payload, event, records, queries)
          return await addressed(each, bodyFor(each.endpoint, told, outside))
        } catch (error) {
          return failure(error)
        }
      }),
    )
  }

  async function addressed({ due, endpoint }: Each, { body, isCutToThin }: Fitted): Promise<Message> {
    const { url, headers, credentials } = endpoint
    const bytes = due.delivery.isProbe ? Buffer.alloc(0) : body.bytes
    const at = now()
    const signers = endpoint.signers.filter(({ expiresAt }) => expiresAt > at.getTime()).map(({ signer }) => signer)
    const authorization = await authorizationFor(tokens, endpoint, credentials)
    return {
      kind: 'request',
      url,
      headers: {
        ...headers,
        ...body.headers,
        ...(authorization !== undefined && { authorization }),
        'user-agent': 'Switchyard-Webhooks/1',
        ...signedHeaders(signers, String(due.event.id), Math.floor(at.getTime() / 1000), bytes),
        ...deliveryHeaders(due.delivery),
      },
      body: bytes,
      ...(credentials.certificate && { certificate: credentials.certificate }),
      isCutToThin,
    }
  }

  /** What one endpoint causes has an answer; what should not have happened is reported, and tried again. */
  function failure(error: unknown): Message {
    if (error instanceof TemplateFault)
      return { kind: 'failed', outcome: 'template_error', says: error.message, mayRetry: false }
    if (error instanceof NoToken) return { kind: 'failed', outcome: 'auth_error', says: error.message, mayRetry: true }
    report(error)
    return { kind: 'failed', outcome: 'our_fault', says: 'The message could not be made', mayRetry: true }
  }

  return { make, unauthorized: id => tokens.refused(id) }
}

const unseen: Message = { kind: 'unseen' }

const ownerGone: Message = {
  kind: 'failed',
  outcome: 'policy_blocked',
  says: 'The owner of the endpoint may no longer act',
  mayRetry: false,
}

/** Which of the events somebody sees, and how. Those about endpoints are for their owners. */
export async function sightOf(ctx: Context, events: readonly StoredEvent[]): Promise<ReadonlyMap<number, RecordEvent>> {
  const once = [...new Map(events.map(event => [event.id, event])).values()]
  const seen = await visibleEvents(
    ctx,
    once.filter(event => !isAboutEndpoint(event)),
  )
  const own = once.filter(event => isAboutEndpoint(event) && seesEndpointEvent(ctx, event))
  return new Map([
    ...seen.map(({ stored, event }) => [stored.id, event] as const),
    ...own.map(event => [event.id, eventAs({ fields: () => true }, event)] as const),
  ])
}

/** All that the message of an endpoint may tell of an event. */
export async function toldTo(
  { ask }: Pick<Outside, 'ask'>,
  ctx: Context,
  payload: Payload,
  event: RecordEvent,
  records: Awaited<ReturnType<typeof wholeRecords>>,
  queries: Turn = work => work(),
): Promise<Told> {
  const operation = payload.kind === 'SELECTION' || payload.kind === 'TEMPLATE' ? payload.operation : undefined
  const isAsked = operation !== undefined && event.leftSight !== true && event.type !== testType
  const answer = isAsked ? await queries(() => askedOf(ask, ctx, operation, event)) : undefined
  return { event, record: records(event.record.module, event.record.id) ?? null, answer: answer ?? null }
}

/** The body for an endpoint, or a thin one where that is too large. */
export function bodyFor(
  { payload, template }: Pick<PreparedEndpoint, 'payload' | 'template'>,
  told: Told,
  links: Links,
): Fitted {
  // A test has no record, which is all that most templates are about.
  if (told.event.type === testType) return { body: thinBody(payload, told, links), isCutToThin: false, bytes: 0 }
  const body = bodyOf(payload, template, told, links)
  const bytes = body.bytes.length
  if (bytes <= bytesHard) return { body, isCutToThin: false, bytes }
  if (payload.kind === 'TEMPLATE') throw new TemplateFault(`It made ${bytes} bytes; ${bytesHard} are the most`)
  return { body: thinBody(payload, told, links), isCutToThin: true, bytes }
}

/** A body that is not too large; `bytes` is what the whole would have had. */
export type Fitted = { readonly body: Body; readonly isCutToThin: boolean; readonly bytes: number }

/** The records of which whole ones are wanted, by module. */
export function recordsWanted(all: readonly Each[], seen: ReadonlyMap<number, RecordEvent>) {
  const wanted = new Map<string, Set<string>>()
  for (const { due, endpoint } of all) {
    const event = seen.get(due.event.id)
    if (!event || event.leftSight || (endpoint.payload.kind !== 'FULL' && endpoint.payload.kind !== 'TEMPLATE'))
      continue
    const { module, id } = event.record
    wanted.set(module, (wanted.get(module) ?? new Set()).add(id))
  }
  return wanted
}

const compiledFor = new WeakMap<object, Map<string, ReturnType<typeof compileSelection>>>()

async function askedOf(ask: Outside['ask'], ctx: Context, text: string, event: RecordEvent): Promise<unknown> {
  if (!ctx.api) throw new Error('Nothing says what clients see of the graph')
  const api = await ctx.api()
  let known = compiledFor.get(api)
  if (!known) compiledFor.set(api, (known = new Map()))
  let selection = known.get(text)
  if (!selection) known.set(text, (selection = compileSelection(text, api)))
  if ('fault' in selection) throw new TemplateFault(`The query ${selection.fault}`)
  const { data, errors: failures = [] } = await ask(selection.operation, valuesFor(selection, event), ctx)
  const [error] = failures
  if (error && mayRetry(error.extensions.code)) throw new Error(`The query failed: ${error.message}`)
  if (error) throw new TemplateFault(`The query answered: ${error.message}`)
  return data
}

const mayRetry = (code: string) => !isErrorCode(code) || errors[code][2]

class NoToken extends Error {
  override readonly name = 'NoToken'
}

async function authorizationFor(
  tokens: AccessTokens,
  endpoint: PreparedEndpoint,
  { authentication }: Credentials,
): Promise<string | undefined> {
  if (!authentication) return undefined
  if (authentication.kind !== 'OAUTH2') return authorizationOf(authentication)
  try {
    return `Bearer ${await tokens.tokenFor(endpoint, authentication)}`
  } catch (error) {
    throw new NoToken(`No access token was given: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What tells an attempt from others of the same event. */
const deliveryHeaders = (delivery: DueMessage['delivery']) => ({
  'webhook-delivery': delivery.id,
  'webhook-attempt': String(delivery.attempt),
  ...(delivery.isPreviousUnknown && { 'webhook-previous-outcome': 'unknown' }),
  ...(delivery.generation > 0 && { 'webhook-replay': String(delivery.generation) }),
  ...(delivery.isTest && { 'webhook-test': 'true' }),
  ...(delivery.isProbe && { 'webhook-probe': 'true' }),
})

type Turn = <T>(work: () => Promise<T>) => Promise<T>

/** Lets so many be under way at the same time. */
function atMost(count: number): Turn {
  let free = count
  const waiting: (() => void)[] = []
  return async work => {
    if (free > 0) free -= 1
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
