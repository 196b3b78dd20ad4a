import { createServer } from 'node:net'
import path from 'node:path'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { loadCatalog } from '../drizzle/custom-fields.ts'
import type { Catalog } from '../schema/catalog.ts'
import { migrate } from '../drizzle/migrate.ts'
import { createPasswordHashes } from '../drizzle/password-hash.ts'
import type { Repeatable } from '../drizzle/once.ts'
import type { Outside } from '../drizzle/outside.ts'
import { openSecrets } from '../drizzle/secrets.ts'
import { horizonOf } from '../drizzle/event-horizon.ts'
import { openEventLog, type EventLog } from '../drizzle/event-log.ts'
import { StartupError } from '../drizzle/startup-error.ts'
import { HouseError } from '../schema/errors.ts'
import { keepBodiesOf } from './body-log.ts'
import { clientJobs } from './client-jobs.ts'
import { filesFolder, outgoingRules, type Config } from './config.ts'
import { contextFor } from './context.ts'
import { openEndpoints } from './custom/endpoints.ts'
import { openDatabase, type Database } from './database.ts'
import { openDemo } from './demo.ts'
import { openDoors } from './doors.ts'
import { drainable } from './drain.ts'
import { followDefinitions } from './follow-definitions.ts'
import { createApollo } from './graphql.ts'
import { holdGraphs, type Graphs } from './graphs.ts'
import { openStreams } from './events/streams.ts'
import { createSubscriptions } from './events/subscriptions.ts'
import { createHealth, databaseChecks, graphCheck } from './health.ts'
import { liveDoor, readyDoor } from './health-doors.ts'
import { openHttp } from './http.ts'
import { issuerOf, urlHost } from './issuer.ts'
import { openLimits } from './limit.ts'
import { createIdempotency } from './idempotency.ts'
import { alertTo, openLog, reportTo } from './log.ts'
import { followLogPolicies } from './log-policy.ts'
import { createDenials } from './policy/denials.ts'
import { openIdentity } from './oauth/identity.ts'
import { openMetrics } from './metrics.ts'
import { lineOf, type RequestEntry } from './request-entry.ts'
import { openRequestLog } from './request-log.ts'
import { localSubgraph, openGraph, subgraphNames, type SubgraphName } from './supergraph/graph.ts'
import { internalAuth, type Claims } from './supergraph/internal-auth.ts'
import { subgraphDoor } from './supergraph/subgraph-door.ts'
import { trustedDocuments } from './trusted-documents.ts'
import { openUsage } from './usage.ts'
import type { Used } from '../schema/usage.ts'
import { startWebhooks } from './webhooks/background.ts'
import { welcome } from './welcome.ts'
import { startWork } from './work.ts'

/** A running house. */
export type Served = {
  /** Where it listens. */
  readonly url: string
  /** What to tell the person who started it. */
  readonly welcome: string
  readonly database: Database
  readonly graphs: Graphs
  /** Answers what is under way, refuses what comes, and lets go of everything. */
  close(): Promise<void>
}

export type ServeOptions = {
  /** Progress, for people. */
  readonly say?: (message: string) => void
  readonly log?: Logger
}

/**
 * Starts the gateway with everything it needs: database, migrations, graph, identity, doors.
 *
 * @throws StartupError  with words for the operator
 */
export async function serve(config: Config, options: ServeOptions = {}): Promise<Served> {
  const { say = () => {}, log = openLog(config.logLevel) } = options
  const report = reportTo(log)
  const alert = alertTo(log)
  const closers: (() => Promise<unknown>)[] = []
  const close = () => closeAll(closers)
  try {
    const database = await openDatabase(config, say)
    closers.push(database.close)
    const { pool } = database
    await migrate(pool)

    const secrets = openSecrets(config)
    const passwords = createPasswordHashes(pool, secrets)
    const events = await openEventLog({ url: database.url, onFailure: error => report(error, 'event log') })
    closers.push(() => events.close())
    const now = () => new Date()
    const auth = config.internalKey ? internalAuth(config.internalKey) : undefined
    const remote = checkedNames(config.subgraphs)
    const keepIn = path.join(config.dataDir, 'cache')
    const catalog = await loadCatalog(pool)
    const port = config.port || (await freePort(config.host))
    const issuer = issuerOf(config, port)
    const outside: Outside = {
      ...{ secrets, rules: outgoingRules(config), publicUrl: issuer },
      ask: (operation, variables, ctx) => graphs.current.runPrepared(operation, variables, ctx),
    }
    const house = { pool, filesDir: filesFolder(config), passwords, outside, events, now }
    const demo = await openDemo(config, { ...house, catalog }, database, issuer, say)
    const denials = createDenials(pool, report)
    closers.push(() => denials.close())
    const requests = openRequestLog({ url: database.url, log })
    closers.push(() => requests.close())
    const metrics = openMetrics(requests.counts)
    const onRun = metrics.countOperation
    const makeGraph = (catalog: Catalog) => openGraph(catalog, { report, remote, auth, keepIn, denials, onRun })
    const graphs = holdGraphs(await makeGraph(catalog))
    closers.push(() => graphs.close())

    const identity = await openIdentity({ sql: pool, secrets, issuer, report, alert })
    closers.push(() => identity.close())

    if (config.backgroundWork === 'yes') {
      const consumers = clientJobs(() => Promise.resolve({ ...house, catalog: graphs.current.catalog }), report)
      const work = { sql: pool, url: database.url, log, now: house.now, settings: config, consumers }
      const background = await startWork(work)
      closers.push(() => background.close())
      const houseOf = () => Promise.resolve({ ...house, catalog: graphs.current.catalog })
      const onAttempt = metrics.countAttempt
      const webhooks = await startWebhooks({ url: database.url, houseOf, log, report, onAttempt })
      closers.push(() => webhooks.close())
    }
    const limits = await openLimits({ url: database.url, settings: config, clients: identity.clients, log })
    closers.push(() => limits.close())

    const apollo = createApollo(graphs, log, config.graphqlIntrospection)
    await apollo.start()
    closers.push(() => apollo.stop())
    const health = createHealth({ ...databaseChecks(house), graph: graphCheck(house, graphs) })
    const usage = openUsage({ sql: pool, graphs, announced: config.deprecated, report })
    closers.push(() => usage.close())
    const onEntry = (entry: RequestEntry, uses: ReadonlySet<Used>) => {
      requests.add(entry)
      usage.add(entry, uses)
      metrics.observe(entry)
    }
    const policies = await followLogPolicies(pool, house.now)
    closers.push(() => Promise.resolve(policies.close()))
    const { shown } = policies
    const app = openHttp({ log, report, trustProxy: config.trustProxy, onEntry, shown })
    closers.push(keepBodiesOf(app, { sql: pool, graphs, report, now: house.now, policies }))
    const introspection = config.graphqlIntrospection
    const versions = { tooOld: config.versionTooOld, ifMatch: config.ifMatch, operationsMax: config.operationsMax }
    const documents = trustedDocuments(pool, config.graphqlDocuments)
    const endpoints = await openEndpoints(pool)
    closers.push(() => Promise.resolve(endpoints.close()))
    const streams = openStreams(config.limitStreams)
    const keep = (entry: RequestEntry) => {
      log.info(lineOf(entry), 'request')
      onEntry(entry, new Set())
    }
    const subscriptions = createSubscriptions({ graphs, house, documents, limits, streams, report })
    metrics.gauge('streams_open', 'Streams of events that are open, of all kinds.', () => streams.open)
    metrics.gauge(
      'subscriptions_running',
      'Subscriptions that are run; those who ask the same with the same rights share one.',
      () => subscriptions.running,
    )
    metrics.gauge(
      'events_horizon_seconds',
      'For how long readers of events have waited for the oldest transaction that has written and is open.',
      async () => (await horizonOf(pool).catch(() => undefined))?.ageSeconds ?? 0,
    )
    const idempotency = createIdempotency({ sql: pool, secrets, now: house.now, report })
    await openDoors(app, {
      ...{
        introspection,
        documents,
        endpoints,
        house,
        graphs,
        apollo,
        identity,
        idempotency,
        limits,
        health,
        report,
        log,
        demo,
      },
      ...{
        ...{ streams, subscriptions, keep },
        metrics,
        metricsToken: config.metricsToken,
        versions,
        announced: config.deprecated,
        idempotencyKeys: config.idempotencyKey,
      },
    })
    closers.push(drainable(app))
    closers.push(() => streams.close())
    const following = await followDefinitions({
      ...{ sql: pool, report },
      served: () => graphs.current.catalog.version,
      follow: async catalog => graphs.replace(await makeGraph(catalog)),
    })
    closers.push(() => following.close())
    const url = await listen(app, config.host, port)
    closers.push(() => Promise.resolve(health.drain()))
    return { url, welcome: welcome(config.publicUrl ?? url, demo), database, graphs, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Starts one subgraph for the gateways of the house, which reach it by SUBGRAPHS: `switchyard serve --subgraph crm`. */
export async function serveSubgraph(
  config: Config,
  name: string,
  options: ServeOptions = {},
): Promise<Omit<Served, 'graphs'>> {
  const { say = () => {}, log = openLog(config.logLevel) } = options
  const known = subgraphNames.find(each => each === name)
  if (!known) throw new StartupError(`There is no subgraph "${name}"; there are ${subgraphNames.join(' and ')}.`)
  if (!config.internalKey) throw new StartupError('A subgraph needs INTERNAL_KEY, the same as the gateway has.')
  const closers: (() => Promise<unknown>)[] = []
  const close = () => closeAll(closers)
  try {
    const database = await openDatabase(config, say)
    closers.push(database.close)
    await migrate(database.pool)
    const events = await openEventLog({ url: database.url, onFailure: error => reportTo(log)(error, 'event log') })
    closers.push(() => events.close())
    const { app, following } = await subgraphServer(config, known, { ...database, events }, log)
    closers.push(drainable(app))
    closers.push(() => following.close())
    const url = await listen(app, config.host, config.port)
    return { url, welcome: `The subgraph ${known} is open on ${url}.`, database, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function subgraphServer(
  config: Config,
  name: SubgraphName,
  { pool, events }: Database & { events: EventLog },
  log: Logger,
) {
  const report = reportTo(log)
  const make = async (catalog: Catalog) => ({ catalog, subgraph: await localSubgraph(name, catalog, report) })
  let current = await make(await loadCatalog(pool))
  const secrets = openSecrets(config)
  const passwords = createPasswordHashes(pool, secrets)
  const publicUrl = issuerOf(config, config.port)
  const outside: Outside = {
    secrets,
    rules: outgoingRules(config),
    publicUrl,
    ask: () => Promise.reject(noGraphHere()),
  }
  const house = { pool, filesDir: filesFolder(config), passwords, outside, events, now: () => new Date() }
  const app = openHttp({ log, report, trustProxy: config.trustProxy })
  const auth = internalAuth(config.internalKey ?? '')
  subgraphDoor(app, name, auth, async (claims, caller) => {
    const { catalog, subgraph } = current
    const by = { ...claims, repeatable: claims.repeatable && counting(claims.repeatable), ...caller }
    return { subgraph, ctx: await contextFor({ ...house, catalog }, by) }
  })
  const following = await followDefinitions({
    ...{ sql: pool, report },
    served: () => current.catalog.version,
    follow: async catalog => void (current = await make(catalog)),
  })
  await app.register(liveDoor())
  await app.register(readyDoor({ health: createHealth(databaseChecks(house)) }))
  return { app, following }
}

const noGraphHere = () =>
  new HouseError('UNAVAILABLE', 'Here subgraphs run apart, and the one of webhooks cannot ask the others')

/** Goes on numbering the writes of a request from where the gateway has come. */
function counting({ step, ...repeatable }: NonNullable<Claims['repeatable']>): Repeatable {
  let next = step
  return { ...repeatable, nextStep: () => next++ }
}

/** @throws StartupError  SUBGRAPHS names one that does not exist */
function checkedNames(remote: ReadonlyMap<string, string>) {
  const unknown = [...remote.keys()].filter(name => !subgraphNames.some(each => each === name))
  if (unknown.length > 0) {
    throw new StartupError(`SUBGRAPHS names ${unknown.join(', ')}; there are ${subgraphNames.join(' and ')}.`)
  }
  return remote
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'EADDRINUSE') {
      throw new StartupError(`Port ${port} is taken. Stop what listens there, or choose another: PORT=${port + 1}.`)
    }
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'EACCES') {
      throw new StartupError(`Cannot listen on ${host}:${port} (${error.code}). HOST and PORT choose the address.`)
    }
    throw error
  }
  const address = app.server.address() as AddressInfo
  return `http://${urlHost(host)}:${address.port}`
}

/** Tokens name the address of their issuer, so it has to be known before the doors are made. */
async function freePort(host: string): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, host, resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return port
}

/** The last opened first, so that nothing is used after it has gone. One failure does not keep the rest open. */
async function closeAll(closers: (() => Promise<unknown>)[]) {
  const failures: unknown[] = []
  for (const close of closers.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, 'Something did not close')
}
