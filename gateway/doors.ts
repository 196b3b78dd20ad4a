import type { ApolloServer } from '@apollo/server'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { House } from './context.ts'
import type { DemoAccess } from './demo.ts'
import type { Report } from './error-mask.ts'
import type { GraphqlContext } from './graphql.ts'
import { customDoor } from './custom/door.ts'
import type { CustomEndpoints } from './custom/endpoints.ts'
import { asyncApiDoor } from './events/asyncapi-door.ts'
import { eventsDoor } from './events/events-door.ts'
import type { Streams } from './events/streams.ts'
import type { Subscriptions } from './events/subscriptions.ts'
import { openWebSockets } from './events/websocket.ts'
import { docsDoor } from './docs.ts'
import type { IntrospectionPolicy } from './graphql-intake.ts'
import { exportDoor } from './export-door.ts'
import { graphqlDoor } from './graphql-door.ts'
import { graphiqlDoor } from './graphiql.ts'
import type { Graphs } from './graphs.ts'
import type { Health } from './health.ts'
import { liveDoor, readyDoor } from './health-doors.ts'
import { homeDoor } from './home.ts'
import { legacyDoor } from './legacy-door.ts'
import { noteOf } from './log.ts'
import type { Metrics } from './metrics.ts'
import { metricsDoor } from './metrics-door.ts'
import { oauthDoors } from './oauth/doors.ts'
import type { Idempotency } from './idempotency.ts'
import type { Identity } from './oauth/identity.ts'
import type { Limits } from './limit.ts'
import { guardAttempts } from './limits/attempt-door.ts'
import type { RequestEntry } from './request-entry.ts'
import { visitOf } from './limits/visit.ts'
import type { TrustedDocuments } from './trusted-documents.ts'
import type { Announced } from './deprecations.ts'
import type { VersionPolicy } from './versions.ts'
import { webhooksDoor } from './webhooks/door.ts'
import { v8Door } from './v8-door.ts'

/** What the doors are given; made once by serve.ts. */
export type DoorDeps = {
  readonly house: Omit<House, 'catalog'>
  readonly graphs: Graphs
  readonly apollo: ApolloServer<GraphqlContext>
  readonly identity: Identity
  readonly limits: Limits
  readonly introspection: IntrospectionPolicy
  readonly idempotency: Idempotency
  /** Must what is written have a key? */
  readonly idempotencyKeys: Config['idempotencyKey']
  readonly documents: TrustedDocuments
  readonly endpoints: CustomEndpoints
  readonly versions: VersionPolicy
  /** Versions and operations that will go. */
  readonly announced: Announced
  readonly health: Health
  readonly subscriptions: Subscriptions
  /** Keeps the entry of what was no request of Fastify's. */
  readonly keep: (entry: RequestEntry) => void
  /** The streams of events that are open here. */
  readonly streams: Streams
  readonly metrics: Metrics
  /** With which `/metrics` is read from elsewhere. */
  readonly metricsToken?: string
  readonly report: Report
  readonly log: Logger
  /** How to sign in to the demo, if this house has one. */
  readonly demo?: DemoAccess
}

/** Who may come in: anyone, who runs the house, who shows an access token, who is in a session of the legacy API. */
type Who = 'anyone' | 'operator' | 'bearer' | 'session'

/**
 * What a request costs; `gateway/limits/README.md` has the rules. `points`: of the budget that the caller has for all
 * doors. `attempts`: of those that an account and an address have for signing in. `nothing`: served from memory.
 */
type Costs = 'nothing' | 'attempts' | 'points'

type Door = {
  readonly name: string
  readonly methods: string
  readonly paths: string
  readonly who: Who
  readonly costs: Costs
  /** Serves the paths of the row. It registers its routes itself: each API refuses in a form of its own. */
  readonly serve: (deps: DoorDeps) => FastifyPluginAsync
}

/** A request is a row of this table. `{Api}` and `{service}` stand for all addresses of SuiteCRM 7 and 8. */
// prettier-ignore
export const doors: readonly Door[] = [
  { name: 'live',     methods: 'GET',      paths: '/livez',                          who: 'anyone',  costs: 'nothing',  serve: liveDoor },
  { name: 'ready',    methods: 'GET',      paths: '/readyz',                         who: 'anyone',  costs: 'nothing',  serve: readyDoor },
  { name: 'metrics',  methods: 'GET',      paths: '/metrics',                        who: 'operator', costs: 'nothing', serve: metricsDoor },
  { name: 'home',     methods: 'GET',      paths: '/',                               who: 'anyone',  costs: 'nothing',  serve: homeDoor },
  { name: 'graphiql', methods: 'GET',      paths: '/graphiql/*, its page: /graphql', who: 'anyone',  costs: 'nothing',  serve: graphiqlDoor },
  { name: 'docs',     methods: 'GET',      paths: '/docs/*',                         who: 'anyone',  costs: 'nothing',  serve: docsDoor },
  { name: 'graphql',  methods: 'GET POST', paths: '/graphql, /graphql/stream',       who: 'bearer',  costs: 'points',   serve: graphqlDoor },
  { name: 'events',   methods: 'GET',      paths: '/events, /events/stream, /events/snapshot, /events/types/*', who: 'bearer', costs: 'points', serve: eventsDoor },
  { name: 'asyncapi', methods: 'GET',      paths: '/asyncapi.json',                  who: 'anyone',  costs: 'nothing',  serve: asyncApiDoor },
  { name: 'oauth',    methods: 'GET POST', paths: '{Api}/access_token, {Api}/authorize, /oauth/*, /.well-known/*', who: 'anyone', costs: 'attempts', serve: ({ identity }) => oauthDoors(identity) },
  { name: 'webhooks', methods: 'all',      paths: '/webhooks/*',                     who: 'bearer',  costs: 'points',   serve: webhooksDoor },
  { name: 'custom',   methods: 'all',      paths: '/custom/*, {Api}/V8/custom/*',    who: 'bearer',  costs: 'points',   serve: customDoor },
  { name: 'v8',       methods: 'all',      paths: '{Api}/V8/*',                      who: 'bearer',  costs: 'points',   serve: v8Door },
  { name: 'export',   methods: 'GET',      paths: '/exports/{id}',                   who: 'bearer',  costs: 'points',   serve: exportDoor },
  { name: 'v4_1',     methods: 'GET POST', paths: '{service}/v2..v4_1[/rest.php], {service}/v4_1/{method}',  who: 'session', costs: 'points',   serve: legacyDoor },
]

/** Opens all doors on a server. */
export async function openDoors(app: FastifyInstance, deps: DoorDeps): Promise<void> {
  openWebSockets(app, deps)
  for (const { name, costs, serve } of doors) {
    await app.register(async scope => {
      scope.addHook('onRequest', (request, _reply, done) => {
        noteOf(request).door = name
        done()
      })
      if (costs === 'attempts') guardAttempts(scope, deps.limits.attempts)
      if (costs === 'points') {
        scope.addHook('onSend', (request, reply, payload, done) => {
          const visit = visitOf(request)
          if (visit) {
            void reply.headers(visit.finish())
            noteOf(request).limitLeft = visit.throttle?.currentlyAvailable
          }
          done(null, payload)
        })
      }
      await scope.register(serve(deps))
    })
  }
}
