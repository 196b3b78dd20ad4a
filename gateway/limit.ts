import type { FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { connect } from '../drizzle/client.ts'
import type { Principal } from '../schema/principal.ts'
import type { Config } from './config.ts'
import { createAttempts, type Attempts } from './limits/attempts.ts'
import { rememberCallers } from './limits/callers.ts'
import { openLedger } from './limits/ledger.ts'
import { openOverrides } from './limits/overrides.ts'
import type { CallerClass } from './limits/policy.ts'
import { postgresLimits } from './limits/store.ts'
import { beginVisit, exceeded, limited, type Visit } from './limits/visit.ts'
import type { Clients } from './oauth/clients.ts'

/** What callers may spend. One per process; the processes of a house agree over the database. */
export type Limits = {
  /**
   * Begins a request of somebody: every door asks here, and all doors draw on one budget.
   *
   * @throws HouseError  RATE_LIMITED: nothing is left, or too many calls are under way
   */
  enter(principal: Principal, request: FastifyRequest, reply: FastifyReply): Promise<Visit>
  /** The same for a stream, which has a limit of its own to how many are open; see gateway/events/streams.ts. */
  enterStream(principal: Principal, request: FastifyRequest, reply: FastifyReply): Promise<Visit>
  /**
   * Charges somebody for what is no request of its own: a subscription on a connection that is open.
   *
   * @throws HouseError  RATE_LIMITED
   */
  charge(principal: Principal, cost: number): Promise<void>
  /** The same for callers without an API client: sessions of the legacy API. */
  enterSession(principal: Principal, request: FastifyRequest, reply: FastifyReply): Visit
  /** Counts a try to sign in or to get a token. */
  readonly attempts: Attempts
  close(): Promise<void>
}

export type LimitSettings = Pick<Config, 'limitUi' | 'limitMachine' | 'limitBulk' | 'limitSignIn' | 'limitStoreDown'>

const classesMax = 10_000
/** An API client that changes its ways is of another class after this time. */
const classMs = 1_000
/** A key is counted by itself; sessions of the legacy API are an API client of their own. */
const nameOf = ({ keyId, clientId, userId }: Principal) => ({ client: keyId ?? clientId ?? 'session', userId })

export async function openLimits(deps: {
  /** Of the database where the processes meet. */
  readonly url: string
  readonly settings: LimitSettings
  readonly clients: Clients
  readonly log: Logger
}): Promise<Limits> {
  const { url, settings, clients, log } = deps
  // A connection of its own: requests that are slow must not keep others from being counted.
  const sql = connect(url, { max: 1, applicationName: 'switchyard limits' })
  const ledger = openLedger(postgresLimits(sql), error => {
    if (error === undefined) log.warn('limits are counted by all processes together again')
    else log.error({ reason: messageOf(error) }, 'limits cannot be counted with the other processes: each counts alone')
  })
  const overrides = await openOverrides(sql, {
    ui: settings.limitUi,
    machine: settings.limitMachine,
    bulk: settings.limitBulk,
  })
  const classes = new LRUCache<string, CallerClass>({ max: classesMax, ttl: classMs })
  const callers = rememberCallers(client => overrides.of(client, classes.get(client) ?? 'machine'))
  const deal = { ledger, writesAlone: settings.limitStoreDown }

  /** People come with codes; whatever else an API client does is a program. */
  async function learnClass(client: string) {
    classes.set(client, (await clients.find(client))?.grant === 'authorization_code' ? 'ui' : 'machine')
  }

  async function accountsOf(principal: Principal) {
    const { clientId } = principal
    if (clientId !== undefined && !classes.has(clientId)) await learnClass(clientId)
    return callers(nameOf(principal))
  }

  const enter = async (principal: Principal, request: FastifyRequest, reply: FastifyReply, isStream: boolean) =>
    beginVisit(deal, await accountsOf(principal), request, reply, isStream)

  return {
    enter: (principal, request, reply) => enter(principal, request, reply, false),
    enterStream: (principal, request, reply) => enter(principal, request, reply, true),
    async charge(principal, cost) {
      const { accounts } = await accountsOf(principal)
      const short = ledger.shortOf(accounts, cost)
      if (short) throw limited(exceeded(short, cost))
      ledger.owe(accounts, cost)
    },
    enterSession: (principal, request, reply) => beginVisit(deal, callers(nameOf(principal)), request, reply),
    attempts: createAttempts(ledger, settings.limitSignIn),
    async close() {
      overrides.close()
      await ledger.close()
      await sql.end({ timeout: 5 })
    },
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
