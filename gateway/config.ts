import path from 'node:path'
import { z } from 'zod'
import { StartupError } from '../drizzle/startup-error.ts'
import type { AttemptLimits } from './limits/attempts.ts'
import { isNetwork, type OutgoingRules } from '../schema/public-address.ts'
import { boundsWith, textOfBounds, type Allowance } from './limits/policy.ts'

/**
 * One environment variable. `expected` completes "PORT is "abc"; expected ...", `what` stands in --help and in the README.
 * A secret's value is never repeated in a message.
 */
type Setting = {
  readonly key: string
  readonly schema: z.ZodType<unknown, string>
  readonly fallback?: string
  readonly expected: string
  readonly what: string
  readonly secret?: boolean
}

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max))

const httpUrl = z.string().refine(text => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))

/** An address without a path, as clients see it. */
const origin = httpUrl
  .transform(text => new URL(text))
  .refine(url => url.href === `${url.origin}/`)
  .transform(url => url.origin)

const subgraphAddresses = z
  .string()
  .transform(text =>
    text
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(pair => ({ name: pair.split('=', 1)[0] ?? '', url: pair.slice(pair.indexOf('=') + 1) })),
  )
  .pipe(z.array(z.object({ name: z.string().regex(/^[a-z]+$/), url: httpUrl })))
  .refine(pairs => new Set(pairs.map(({ name }) => name)).size === pairs.length)
  .transform(pairs => new Map(pairs.map(({ name, url }) => [name, url])))

/** `8.0=2027-01-01/2027-12-31`: since then, and gone from then on. */
const announcements = z
  .string()
  .transform(text => text.split(/[\s,]+/).filter(Boolean))
  .pipe(z.array(z.string().regex(/^(\d\.\d|v\d(_\d)?)(:\w+)?=[\d-]{10}(\/[\d-]{10})?$/)))
  .transform(all =>
    all.map(each => {
      const [name = '', since, sunset] = each.split(/[=/]/)
      return { name, since, ...(sunset !== undefined && { sunset }) }
    }),
  )
  .pipe(z.array(z.object({ name: z.string(), since: z.iso.date(), sunset: z.iso.date().optional() })))
  .refine(all => all.every(({ since, sunset }) => sunset === undefined || since <= sunset))
  .transform(all => new Map(all.map(({ name, ...days }) => [name, { ...days, reason: insteadOf(name) }])))

const insteadOf = (name: string) =>
  name.includes(':') ? 'Use another operation, or a newer version.' : 'Use a newer version.'

const proxies = z.union([
  z.literal('no').transform(() => false),
  z.literal('yes').transform(() => true),
  wholeNumber(1, 32),
  z
    .string()
    .regex(/^[0-9a-f:./]+(,\s*[0-9a-f:./]+)*$/i)
    .refine(text => /[.:]/.test(text))
    .transform(text => text.split(/,\s*/)),
])

/** Far above what one client does; they keep one from taking everything, and are meant to be set. */
const allowances = {
  ui: { burst: 20_000, sustained: 1_000_000, daily: 'unlimited', concurrent: 100 },
  machine: { burst: 50_000, sustained: 2_000_000, daily: 'unlimited', concurrent: 200 },
  bulk: { burst: 50_000, sustained: 3_000_000, daily: 'unlimited', concurrent: 20 },
} as const satisfies Record<string, Allowance>

const attemptLimits = { account: 30, address: 300, calls: 60_000 } as const satisfies AttemptLimits

const allowance = (name: keyof typeof allowances, who: string) => ({
  schema: boundsWith<keyof Allowance>(allowances[name]),
  fallback: textOfBounds(allowances[name]),
  expected: 'such as burst=100 sustained=2000 daily=unlimited concurrent=10; what is left out keeps its default',
  what: `Points that ${who} may spend a second (burst), a minute (sustained) and a day, and how many calls may be under way at once. 0 blocks; "unlimited" is a word.`,
})

const settings = {
  PORT: {
    key: 'port',
    schema: wholeNumber(0, 65535),
    fallback: '4000',
    expected: 'a port number from 0 to 65535 (0 takes any free one)',
    what: 'Port that Switchyard listens on.',
  },
  HOST: {
    key: 'host',
    schema: z.string().regex(/^[\w.:-]+$/),
    fallback: '127.0.0.1',
    expected: 'an address or host name of this machine, such as 127.0.0.1 or 0.0.0.0',
    what: 'Address that Switchyard listens on; 0.0.0.0 for all.',
  },
  PUBLIC_URL: {
    key: 'publicUrl',
    schema: origin,
    expected: 'the address that clients use, without a path, such as https://api.example.com',
    what: 'Address that clients use, when a proxy stands in front. Without it, where Switchyard listens.',
  },
  DATA_DIR: {
    key: 'dataDir',
    schema: z.string().transform(folder => path.resolve(folder)),
    fallback: './data',
    expected: 'a folder',
    what: 'Folder of the private PostgreSQL, of uploaded files and of keys.',
  },
  DATABASE_URL: {
    key: 'databaseUrl',
    schema: z.string().regex(/^postgres(ql)?:\/\/[^\s/]+\/[^\s/]+$/),
    secret: true,
    expected: 'postgres://user:password@host:port/database',
    what: 'A PostgreSQL 15 or newer to use in place of the private one.',
  },
  DATABASE_POOL_MAX: {
    key: 'databasePoolMax',
    schema: wholeNumber(1, 1000),
    fallback: '10',
    expected: 'a number from 1 to 1000',
    what: 'Database connections that one process opens at most.',
  },
  DEMO_DATA: {
    key: 'demoData',
    schema: z.enum(['auto', 'yes', 'no']),
    fallback: 'auto',
    expected: '"auto", "yes" or "no"',
    what: 'Fill an empty database with demo records at the first start. "auto": only the private PostgreSQL.',
  },
  BACKGROUND_WORK: {
    key: 'backgroundWork',
    schema: z.enum(['yes', 'no']),
    fallback: 'yes',
    expected: '"yes" or "no"',
    what: 'Does "switchyard serve" do the background work as well? "no" where "switchyard work" runs beside it.',
  },
  VERSION_TOO_OLD: {
    key: 'versionTooOld',
    schema: z.enum(['forward', 'gone']),
    fallback: 'forward',
    expected: '"forward" or "gone"',
    what: 'What clients get who ask for an API version that is no longer served: the oldest that is, or 410.',
  },
  IF_MATCH: {
    key: 'ifMatch',
    schema: z.enum(['optional', 'required']),
    fallback: 'optional',
    expected: '"optional" or "required"',
    what: 'Must changes by REST V8 8.1 send If-Match with the ETag of the record? API clients have a setting of their own too.',
  },
  OPERATIONS_MAX: {
    key: 'operationsMax',
    schema: wholeNumber(1, 1000),
    fallback: '100',
    expected: 'a number from 1 to 1000',
    what: 'How many operations one request to REST V8 8.1 may have that are all stored, or none.',
  },
  IDEMPOTENCY_KEY: {
    key: 'idempotencyKey',
    schema: z.enum(['optional', 'required']),
    fallback: 'optional',
    expected: '"optional" or "required"',
    what: 'Must changes by GraphQL and REST V8 send an Idempotency-Key? API clients have a setting of their own too.',
  },
  DEPRECATED: {
    key: 'deprecated',
    schema: announcements,
    fallback: '',
    expected:
      'versions or operations of one with the days from which they are deprecated and gone: 8.0=2027-01-01/2027-12-31, v4_1:set_entry=2027-06-30',
    what: 'Versions of the REST APIs, and operations of one, that clients are told to leave: 8.0=2027-01-01/2027-12-31, v4_1:set_entry=2027-06-30.',
  },
  SUBGRAPHS: {
    key: 'subgraphs',
    schema: subgraphAddresses,
    fallback: '',
    expected: 'name=http://host:port, several with commas between, such as crm=http://10.0.0.5:4001',
    what: 'Subgraphs that run in processes of their own, such as crm=http://10.0.0.5:4001. Needs INTERNAL_KEY.',
  },
  INTERNAL_KEY: {
    key: 'internalKey',
    schema: z.string().min(32),
    secret: true,
    expected: 'a secret of at least 32 characters, the same in all processes (make one: openssl rand -base64 32)',
    what: 'Secret with which the processes of one house sign what they ask each other.',
  },
  SECRET_KEY: {
    key: 'secretKey',
    schema: z.string().min(32),
    secret: true,
    expected: 'a secret of at least 32 characters (make one: openssl rand -base64 32)',
    what: 'Seals signing keys and credentials in the database. Without it, one is made and kept in DATA_DIR; set it when several machines share a database.',
  },
  SECRET_KEY_OTHERS: {
    key: 'otherSecretKeys',
    schema: z
      .string()
      .transform(text => text.split(/[\s,]+/).filter(Boolean))
      .pipe(z.array(z.string().min(32))),
    secret: true,
    expected: 'secrets of at least 32 characters, several with commas between',
    what: 'Further keys that open what they have sealed, while SECRET_KEY is changed (npx switchyard secret reseal --help).',
  },
  TRUST_PROXY: {
    key: 'trustProxy',
    schema: proxies,
    fallback: 'no',
    expected: '"no", "yes", the number of proxies, or their addresses with commas between',
    what: 'Whose X-Forwarded-* headers to believe: "no", "yes", a number of proxies, or addresses such as 10.0.0.0/8.',
  },
  GRAPHQL_DOCUMENTS: {
    key: 'graphqlDocuments',
    schema: z.enum(['off', 'log', 'only']),
    fallback: 'off',
    expected: '"off", "log" or "only"',
    what: 'What happens to GraphQL documents that are not registered for the API client that sends them: they run ("off"), run and are logged, or are refused ("only").',
  },
  GRAPHQL_INTROSPECTION: {
    key: 'graphqlIntrospection',
    schema: z.enum(['on', 'signed-in', 'off']),
    fallback: 'signed-in',
    expected: '"on", "signed-in" or "off"',
    what: 'Who may read the GraphQL schema by introspection: everybody, callers with a token, or nobody. "off" also keeps field names out of error messages.',
  },
  LIMIT_UI: { key: 'limitUi', ...allowance('ui', 'a user of an app with a sign-in page') },
  LIMIT_MACHINE: { key: 'limitMachine', ...allowance('machine', 'any other API client, or a legacy session,') },
  LIMIT_BULK: { key: 'limitBulk', ...allowance('bulk', 'an API client of the class bulk') },
  LIMIT_SIGN_IN: {
    key: 'limitSignIn',
    schema: boundsWith<keyof AttemptLimits>(attemptLimits),
    fallback: textOfBounds(attemptLimits),
    expected: 'such as account=30 address=300 calls=60000; what is left out keeps its default',
    what: 'Tries to sign in or to get a token: failures in ten minutes with one user name or API client (account) and from one address, and tries a minute of one of them, also good ones (calls).',
  },
  LIMIT_STREAMS: {
    key: 'limitStreams',
    schema: wholeNumber(0, 1_000_000),
    fallback: '2000',
    expected: 'a number from 0 to 1000000',
    what: 'Streams of events that a user of an API client may have open at the same time in one process: GraphQL subscriptions and /events/stream.',
  },
  LIMIT_STORE_DOWN: {
    key: 'limitStoreDown',
    schema: z.enum(['pass', 'refuse']),
    fallback: 'pass',
    expected: '"pass" or "refuse"',
    what: 'What happens to changes while the limits cannot be counted with the other processes. Reads pass, each process counting for itself.',
  },
  LOG_DAYS: {
    key: 'logDays',
    schema: wholeNumber(1, 3650),
    fallback: '30',
    expected: 'a number of days from 1 to 3650',
    what: 'How long the log of requests is kept. How many requests there were is kept for ever.',
  },
  LOG_BODY_DAYS: {
    key: 'logBodyDays',
    schema: wholeNumber(1, 3650),
    fallback: '7',
    expected: 'a number of days from 1 to 3650',
    what: 'How long bodies of requests are kept, of API clients for which they are logged at all.',
  },
  JOB_HOURS: {
    key: 'jobHours',
    schema: wholeNumber(48, 8760),
    fallback: '72',
    expected: 'a number of hours from 48 to 8760',
    what: 'How long the results of a job that has ended are kept.',
  },
  EVENT_DAYS: {
    key: 'eventDays',
    schema: wholeNumber(1, 3650),
    fallback: '30',
    expected: 'a number of days from 1 to 3650',
    what: 'How long events are kept: who reads them may be away for so long and miss nothing.',
  },
  OUTGOING_ALLOW: {
    key: 'outgoingAllow',
    schema: z
      .string()
      .transform(text => text.split(/[\s,]+/).filter(Boolean))
      .pipe(z.array(z.string().refine(each => isNetwork(each) || /^(\*\.)?[a-z][\w.-]*$/i.test(each)))),
    fallback: '',
    expected: 'networks and hosts with commas between, such as 10.0.0.0/8, hooks.internal, *.corp.example',
    what: 'Networks and hosts that webhooks and other calls may reach though they are not public, such as 10.0.0.0/8, hooks.internal, *.corp.example.',
  },
  OUTGOING_HTTPS: {
    key: 'outgoingHttps',
    schema: z.enum(['required', 'optional']),
    fallback: 'required',
    expected: '"required" or "optional"',
    what: 'Whether webhooks and other calls go to addresses that begin with http:// too ("optional"), or to https:// only.',
  },
  METRICS_TOKEN: {
    key: 'metricsToken',
    schema: z.string().min(16),
    secret: true,
    expected: 'a secret of at least 16 characters (make one: openssl rand -base64 32)',
    what: 'Secret with which /metrics is read from other machines (Authorization: Bearer ...). Without it, only programs of this machine may.',
  },
  LOG_LEVEL: {
    key: 'logLevel',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    fallback: 'info',
    expected: 'fatal, error, warn, info, debug, trace or silent',
    what: 'How much to log.',
  },
} as const satisfies Record<string, Setting>

type Settings = typeof settings
type Value<S extends Setting> = z.output<S['schema']> | (S extends { fallback: string } ? never : undefined)

/** How this process is set up. Everything in it has been checked. */
export type Config = { readonly [Name in keyof Settings as Settings[Name]['key']]: Value<Settings[Name]> }

/** Where the house may connect to on behalf of its users. */
export const outgoingRules = ({ outgoingAllow, outgoingHttps }: Config): OutgoingRules => ({
  allow: outgoingAllow,
  isHttpsRequired: outgoingHttps === 'required',
})

/** Where uploaded files are kept. */
export const filesFolder = ({ dataDir }: Config) => path.join(dataDir, 'files')

/** The variables in the order of the README: for --help, the README and doctor. */
export const configuration = Object.entries<Setting>(settings).map(([name, { fallback, what }]) => ({
  name,
  fallback,
  what,
}))

/**
 * Reads the environment. An empty variable counts as one that is not set.
 *
 * @throws StartupError  naming every wrong variable, so that one attempt shows them all
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const values: Record<string, unknown> = {}
  const complaints: string[] = []
  for (const [name, setting] of Object.entries<Setting>(settings)) {
    const given = environment[name]?.trim() || setting.fallback
    if (given === undefined) continue
    const parsed = setting.schema.safeParse(given)
    if (parsed.success) values[setting.key] = parsed.data
    else
      complaints.push(
        `${name} is ${setting.secret ? 'set to something else' : JSON.stringify(given)}; expected ${setting.expected}.`,
      )
  }
  const config = values as Config
  if (config.subgraphs?.size && !environment.INTERNAL_KEY)
    complaints.push(`INTERNAL_KEY is not set, and SUBGRAPHS needs it; expected ${settings.INTERNAL_KEY.expected}.`)
  if (complaints.length > 0)
    throw new StartupError(
      `Switchyard cannot start with these settings:\n${complaints.map(line => `  ${line}`).join('\n')}\nThey are described in README.md under "Configuration", and by "npx switchyard serve --help".`,
    )
  return config
}

/** The settings as `--help` shows them. */
export function settingsHelp(width = 80): string {
  const indent = Math.max(...configuration.map(({ name }) => name.length)) + 4
  const lines = configuration.flatMap(({ name, fallback, what }) => {
    const text = fallback ? `${what} Default: ${fallback}` : what
    return wrapped(text, width - indent).map((line, row) => `  ${(row === 0 ? name : '').padEnd(indent - 2)}${line}`)
  })
  return `Settings (environment variables):\n${lines.join('\n')}`
}

const wrapped = (text: string, width: number) => text.match(new RegExp(`.{1,${width}}(?:\\s|$)`, 'g')) ?? [text]
