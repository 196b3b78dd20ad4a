import type { Logger } from 'pino'
import { connect } from '../../drizzle/client.ts'
import { claimDue, lateMsMax, leaseSpareMs, nextSlot, type Claimed } from '../../subgraphs/webhooks/claim.ts'
import type { Message, Messages } from '../../subgraphs/webhooks/message.ts'
import { nextStep, type Step } from '../../subgraphs/webhooks/next-step.ts'
import type { Outcome } from '../../subgraphs/webhooks/outcome.ts'
import { recoverLost } from '../../subgraphs/webhooks/recover-lost.ts'
import { relayOnce } from '../../subgraphs/webhooks/relay.ts'
import { settle, type Settlement } from '../../subgraphs/webhooks/settle.ts'
import { disableEndpoint, tellOwners } from '../../subgraphs/webhooks/tell-owners.ts'
import type { Yard } from '../../subgraphs/webhooks/yard.ts'
import type { Report } from '../error-mask.ts'
import { beginTrace, endTrace, traceparentOf } from '../trace.ts'
import { repeating } from './repeating.ts'
import { createSender, type ConnectorFor, type Sent } from './send.ts'

/** Delivers webhooks, beside any number of other processes. */
export type Deliveries = {
  /** Something may be due. */
  wake(): void
  /** Takes on nothing more, and waits a while for what is under way. */
  close(): Promise<void>
}

export type DeliveriesDeps = {
  /** Of the database. */
  readonly url: string
  readonly yard: Omit<Yard, 'sql'>
  readonly messages: Messages
  readonly connectorFor: ConnectorFor
  readonly log: Logger
  readonly report: Report
  /** Is told of every attempt that has ended. */
  readonly onAttempt?: (outcome: Outcome, ms: number) => void
  /** At most so many requests of this process at the same time. */
  readonly slots?: number
}

/** How long nobody notices what another process has left to do. */
const pollMs = 250
const lostEveryMs = 1_000
const tellEveryMs = 5_000
/** Of what is under way when the house closes, the outcome is awaited for so long. */
const closeMsMax = 5_000
/** A request begins so soon after its claim, or not at all. */
const startMsMax = leaseSpareMs - 2_000
const settleMax = 500
/** A machine that is too busy to meet any slot sends all the same. */
const turnsMax = 5

/**
 * Statements that take rows from queues: their plans are known to be good, and are made once. What PostgreSQL would find
 * for a table that is empty at this moment would not be.
 */
const planning = {
  plan_cache_mode: 'force_generic_plan',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
}

export async function startDeliveries(deps: DeliveriesDeps): Promise<Deliveries> {
  const { log, report, messages, slots = 256 } = deps
  const sql = connect(deps.url, { max: 5, applicationName: 'switchyard webhooks', settings: planning })
  const yard: Yard = { ...deps.yard, sql }
  const sender = createSender(deps.connectorFor)
  const stopping = new AbortController()
  const giveUp = new AbortController()
  const ended: Settlement[] = []
  const running = new Set<Promise<void>>()
  let taken = 0

  const relay = repeating(pollMs, async () => {
    const { deliveries, isMore } = await relayOnce(yard)
    if (deliveries > 0) claim.wake()
    return isMore
  })
  const claim = repeating(pollMs, async () => {
    const free = slots - taken
    if (free <= 0) return false
    const claimedAt = performance.now()
    const claimed = await claimDue(sql, free, yard.aheadMs())
    taken += claimed.length
    for (const group of Map.groupBy(claimed, each => each.endpointId).values()) {
      const sending = sendGroup(group, claimedAt).finally(() => running.delete(sending))
      running.add(sending)
    }
    return claimed.length > 0
  })
  const settling = repeating(pollMs, async () => {
    const some = ended.splice(0, settleMax)
    if (some.length === 0) return false
    try {
      const gone = new Set(some.filter(end => end.outcome === 'gone').map(end => end.endpointId))
      for (const id of gone) await disableEndpoint(yard, id, 'gone')
      const { restless } = await settle(sql, some, yard.aheadMs())
      taken -= some.length
      claim.wake()
      if (restless.length > 0) await tellOwners(yard, restless).catch(error => report(error, 'webhook notices'))
    } catch (error) {
      // They are settled when the database is back; should that take too long, others have found them lost.
      ended.unshift(...some)
      throw error
    }
    return ended.length > 0
  })
  const lost = repeating(lostEveryMs, async () => {
    const { count, restless } = await recoverLost(yard)
    if (count > 0) claim.wake()
    if (restless.length > 0) await tellOwners(yard, restless)
    return false
  })
  const telling = repeating(tellEveryMs, () => tellOwners(yard).then(() => false))

  /** Deliveries of one endpoint: what takes long to be written keeps nobody else waiting. */
  async function sendGroup(group: readonly Claimed[], claimedAt: number) {
    const known = group.filter(({ event }) => event !== null)
    for (const each of group)
      if (!known.includes(each))
        end(each, forgotten, { state: 'DEAD', reason: 'event_forgotten', waitMs: 0, holdMs: 0 })
    const made = await messages
      .make(known.map(each => dueMessage(each, asksFirst(each))))
      .catch((error: unknown): Message[] => {
        report(error, 'webhook message')
        return known.map(() => ({
          kind: 'failed',
          outcome: 'our_fault',
          says: 'The message could not be made',
          mayRetry: true,
        }))
      })
    await Promise.all(known.map((each, at) => sendOne(each, made[at], claimedAt)))
  }

  async function sendOne(claimed: Claimed, message: Message | undefined, claimedAt: number) {
    if (message?.kind !== 'request') {
      end(claimed, message?.kind === 'failed' ? failedBefore(message) : unseen)
      return
    }
    if (claimed.ratePerSecond !== null) await turnOf(claimed, claimedAt)
    if (stopping.signal.aborted || performance.now() > claimedAt + claimed.waitMs + startMsMax) {
      end(claimed, notSent, { state: 'DUE', reason: null, waitMs: 0, holdMs: 0 })
      return
    }
    const trace = beginTrace(undefined, 'webhook attempt')
    const headers = { ...message.headers, traceparent: traceparentOf(trace) }
    const way = { timeoutMs: claimed.timeoutMs, signal: giveUp.signal }
    if (asksFirst(claimed)) {
      const asked = await sender.send({ ...message, ...way, headers, method: 'GET' })
      endTrace(trace, asked.outcome !== 'delivered', { 'switchyard.delivery': claimed.id })
      if (asked.status !== notThere) {
        end(claimed, ...answerOfProbe(asked, claimed), trace.traceId)
        return
      }
      // It says that it does not have the event: so that is sent, in the same attempt.
      const [whole] = await messages.make([dueMessage(claimed, false)])
      await sendOne({ ...claimed, lastOutcome: null, ratePerSecond: null }, whole, claimedAt)
      return
    }
    const sent = await sender.send({ ...message, ...way, headers })
    endTrace(trace, sent.outcome !== 'delivered', {
      'switchyard.endpoint': claimed.endpointId,
      'switchyard.delivery': claimed.id,
      'switchyard.outcome': sent.outcome,
      'http.response.status_code': sent.status,
    })
    const isRefreshed = sent.status === 401 && messages.unauthorized(claimed.endpointId)
    const step = nextStep(sent, claimed.tries, claimed)
    end(claimed, sent, isRefreshed && step.state === 'DUE' ? { ...step, waitMs: 0 } : step, trace.traceId)
  }

  /**
   * Waits for the slot of a request. One that it has missed, because the process or the database was slow, is no good any
   * more: together with the next ones it could be too many. It takes another.
   */
  async function turnOf({ endpointId, waitMs: first }: Claimed, claimedAt: number) {
    let askedAt = claimedAt
    let waitMs = first
    for (let turn = 1; ; turn++) {
      await until(performance.now() + waitMs, stopping.signal)
      const isInTime = performance.now() - askedAt - waitMs <= lateMsMax
      if (isInTime || turn === turnsMax || stopping.signal.aborted) return
      askedAt = performance.now()
      waitMs = await nextSlot(sql, endpointId, yard.aheadMs()).catch(() => 0)
    }
  }

  function end(claimed: Claimed, sent: Sent, step: Step = nextStep(sent, claimed.tries, claimed), traceId?: string) {
    const { id, endpointId, isOrdered, attempt, at } = claimed
    const { outcome, message, status, responseMs, ms, headers, body } = sent
    ended.push({
      ...{
        id,
        endpointId,
        isOrdered,
        attempt,
        at,
        outcome,
        step,
        message,
        status,
        responseMs,
        ms,
        headers,
        body,
        traceId,
      },
      retryAfterMs: sent.retryAfterMs,
    })
    settling.wake()
    deps.onAttempt?.(outcome, ms)
    log.info(
      {
        ...{ endpoint: endpointId, delivery: id, webhook_event: claimed.eventId, type: claimed.eventType, attempt },
        ...{
          outcome,
          status,
          state: step.state,
          reason: step.reason ?? undefined,
          ms: Math.round(ms),
          trace_id: traceId,
        },
      },
      'delivery.attempted',
    )
  }

  const loops = {
    'webhook relay': relay,
    'webhook claim': claim,
    'webhook settle': settling,
    'webhook recovery': lost,
    'webhook notices': telling,
  }
  for (const [name, loop] of Object.entries(loops)) loop.start(error => report(error, name))
  const listening = sql.listen(
    'events',
    () => relay.wake(),
    () => relay.wake(),
  )
  await listening.catch(error => report(error, 'webhooks'))

  return {
    wake() {
      relay.wake()
      claim.wake()
    },
    async close() {
      stopping.abort()
      await Promise.all([relay.close(), claim.close(), lost.close(), telling.close()])
      const timer = setTimeout(() => giveUp.abort(), closeMsMax)
      await Promise.all(running)
      clearTimeout(timer)
      await settling.close()
      if (ended.length > 0)
        await settle(sql, ended.splice(0), yard.aheadMs()).catch(error => report(error, 'webhook settle'))
      await sender.close()
      await sql.end({ timeout: 5 })
    },
  }
}

/** After these nobody knows whether the receiver has the event. */
const withoutAnswer: ReadonlySet<Outcome | null> = new Set<Outcome>([
  'unknown_outcome',
  'timeout_wait',
  'reset',
  'receiver_abort',
])

/** Is the receiver to be asked whether it has the event, before that is sent again? */
const asksFirst = ({ onUnknown, lastOutcome }: Claimed) => onUnknown === 'PROBE' && withoutAnswer.has(lastOutcome)

/** With this a receiver says that it does not have an event. */
const notThere = 404

/** It has the event; or it could not be asked, then it is still unknown, and asked again after the next wait. */
function answerOfProbe(asked: Sent, claimed: Claimed): [Sent, Step] {
  if (asked.outcome === 'delivered')
    return [
      { ...asked, message: 'The receiver has had it' },
      { state: 'DELIVERED', reason: null, waitMs: 0, holdMs: 0 },
    ]
  const step = nextStep({ ...asked, outcome: 'http_5xx', mayHaveArrived: false }, claimed.tries, claimed)
  return [{ ...asked, outcome: 'unknown_outcome', message: 'The receiver could not be asked whether it has it' }, step]
}

const dueMessage = (claimed: Claimed, isProbe: boolean) => {
  const { id, endpointId, revision, generation, attempt, lastOutcome, isTest, event } = claimed
  if (!event) throw new Error('The event is forgotten')
  return {
    endpoint: { id: endpointId, revision },
    delivery: { id, generation, attempt, isPreviousUnknown: withoutAnswer.has(lastOutcome), isTest, isProbe },
    event,
  }
}

const nothingSent = { ms: 0, mayHaveArrived: false } as const
const unseen: Sent = { ...nothingSent, outcome: 'cancelled', message: 'Nothing of the event is for the owner to see' }
const forgotten: Sent = { ...nothingSent, outcome: 'cancelled', message: 'The event is not kept any more' }
const notSent: Sent = { ...nothingSent, outcome: 'cancelled', message: 'It was not begun in time' }

const failedBefore = ({ outcome, says, mayRetry }: Extract<Message, { kind: 'failed' }>): Sent => ({
  ...nothingSent,
  outcome,
  message: says,
  mayRetry,
})

/** @param at  on the clock of performance.now() */
const until = (at: number, signal: AbortSignal) =>
  new Promise<void>(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.max(0, at - performance.now()))
    signal.addEventListener('abort', done)
  })
