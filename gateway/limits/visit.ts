import type { FastifyReply, FastifyRequest } from 'fastify'
import { HouseError } from '../../schema/errors.ts'
import { noteOf } from '../log.ts'
import { leftIn } from './account.ts'
import { limitHeaders, quotaExceeded, type Refusal } from './headers.ts'
import type { Ledger, Short } from './ledger.ts'
import type { CallerAccounts } from './callers.ts'
import type { Price } from './price.ts'

type Variables = Readonly<Record<string, unknown>>

/** What an operation answers, as far as its price needs it. */
type Answered = { readonly data?: unknown }

/** One request of a caller whose points are counted. */
export type Visit = {
  /**
   * Runs an operation for its price: what it may cost is taken before, and the difference to what it did cost after.
   *
   * Only the first operation of a request can be refused. What a request does after that is owed, so that none ends
   * half done.
   *
   * @param foresight  `root` for doors whose clients cannot say how long nested pages are
   * @throws HouseError  RATE_LIMITED
   */
  run<Answer extends Answered>(
    price: Price,
    variables: Variables,
    execute: () => Promise<Answer>,
    foresight?: 'whole' | 'root',
  ): Promise<Answer>
  /** What the operations were taken to cost, and did cost so far. */
  readonly asked: number
  readonly spent: number
  readonly refusal: Refusal | undefined
  readonly throttle: { maximumAvailable: number; currentlyAvailable: number; restoreRate: number } | undefined
  /** Charges a request that ran nothing, and says how the caller stands. */
  finish(): Record<string, string>
}

export type VisitDeps = {
  readonly ledger: Ledger
  /** What happens to writes while the limits of the other processes are out of reach. */
  readonly writesAlone: 'pass' | 'refuse'
}

const visits = new WeakMap<FastifyRequest['raw'], Visit>()

export const visitOf = ({ raw }: FastifyRequest): Visit | undefined => visits.get(raw)

/**
 * Begins a request.
 *
 * @param isStream  it stays open for as long as its caller likes, and is not counted among the calls under way
 * @throws HouseError  RATE_LIMITED: the caller has nothing left, or too many calls under way
 */
export function beginVisit(
  { ledger, writesAlone }: VisitDeps,
  caller: CallerAccounts,
  request: FastifyRequest,
  reply: FastifyReply,
  isStream = false,
): Visit {
  const { accounts, concurrentMax, calls } = caller
  const note = noteOf(request)
  let asked = 0
  let spent = 0
  let charged = 0
  let refusal: Refusal | undefined

  const refuse = (reason: Refusal): never => {
    refusal = reason
    note.code = 'RATE_LIMITED'
    note.limitedBy = reason.policy
    throw limited(reason)
  }

  const visit: Visit = {
    get asked() {
      return asked
    },
    get spent() {
      return spent
    },
    get refusal() {
      return refusal
    },
    get throttle() {
      const account = accounts.find(({ policy }) => policy.name === 'sustained') ?? accounts[0]
      return (
        account && {
          maximumAvailable: account.policy.size,
          currentlyAvailable: leftIn(account, performance.now()),
          restoreRate: account.policy.limit / account.policy.windowS,
        }
      )
    },
    async run(price, variables, execute, foresight = 'whole') {
      const cost = foresight === 'root' ? price.askedAtRoot(variables) : price.asked(variables)
      if (charged > 0) ledger.owe(accounts, cost)
      else {
        if (price.isWrite && ledger.isAlone && writesAlone === 'refuse') refuse(degraded(cost))
        const taken = ledger.take(accounts, cost)
        const short = taken instanceof Promise ? await taken : taken
        if (short) refuse(exceeded(short, cost))
      }
      charged += cost
      asked += cost
      const answer = await execute()
      const actual = price.actual(answer.data, variables)
      spent += actual
      charged += actual - cost
      ledger.owe(accounts, actual - cost)
      return answer
    },
    finish() {
      if (charged === 0 && !refusal) {
        charged = spent = 1
        ledger.owe(accounts, 1)
      }
      note.cost = spent
      return limitHeaders({ accounts, concurrentMax, running: calls.running, isDegraded: ledger.isAlone, refusal })
    },
  }
  visits.set(request.raw, visit)

  if (!isStream) {
    if (concurrentMax !== undefined && calls.running >= concurrentMax) refuse(tooMany(concurrentMax))
    if (!reply.raw.closed) {
      calls.running += 1
      reply.raw.once('close', () => (calls.running -= 1))
    }
  }
  const short = ledger.shortOf(accounts, 1)
  if (short) refuse(exceeded(short, 1))
  return visit
}

/** A refusal in the words of the error table. */
export const limited = ({ policy, message, needed, left, retryAfterS }: Refusal) =>
  new HouseError('RATE_LIMITED', message, {
    type: quotaExceeded,
    violatedPolicies: [policy],
    needed,
    left,
    ...(retryAfterS === undefined ? {} : { retryAfterSeconds: retryAfterS }),
  })

export function exceeded({ account, waitMs }: Short, needed: number): Refusal {
  const { name: policy, limit, windowS } = account.policy
  const left = leftIn(account, performance.now())
  const rule = `${limit} points in ${windowS} s`
  if (limit === 0) return { policy, needed, left, message: `Blocked by the policy "${policy}"` }
  if (waitMs === Number.POSITIVE_INFINITY) {
    const message = `This costs ${needed} points, and the policy "${policy}" allows ${rule}`
    return { policy, needed, left, message }
  }
  const message = `The policy "${policy}" allows ${rule}: ${needed} needed, ${left} left`
  return { policy, needed, left, message, retryAfterS: Math.max(1, Math.ceil(waitMs / 1000)) }
}

function tooMany(max: number): Refusal {
  const message = `The policy "concurrent" allows ${max} calls at the same time`
  return { policy: 'concurrent', message, needed: 1, left: 0, ...(max > 0 && { retryAfterS: 1 }) }
}

const degraded = (needed: number): Refusal => ({
  policy: 'degraded',
  message: 'Nothing can be changed while the limits cannot be counted',
  needed,
  left: 0,
  retryAfterS: 2,
})
