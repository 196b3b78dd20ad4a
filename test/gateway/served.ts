import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll } from 'vitest'
import type { Pool } from '../../drizzle/client.ts'
import { readConfig } from '../../gateway/config.ts'
import { makeClient } from '../../gateway/create-client.ts'
import { serve, serveSubgraph } from '../../gateway/serve.ts'
import { testDatabase } from '../database.ts'

export type GraphqlAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: Record<string, unknown> }[]
}

/**
 * A whole house over real HTTP with a database of its own and two users: `ada`, an administrator, and `ben`.
 *
 * @param apart  subgraphs that run in servers of their own
 * @param settings  environment variables on top
 * @param way       the way to the database, where it is not the straight one
 */
export async function servedHouse({
  apart = [],
  settings = {},
  way = url => Promise.resolve(url),
}: {
  apart?: readonly string[]
  settings?: Readonly<Record<string, string>>
  way?: (url: string) => Promise<string>
} = {}) {
  const db = await testDatabase()
  const dataDir = mkdtempSync(join(tmpdir(), 'house-'))
  const lines: Record<string, unknown>[] = []
  const log = pino({ base: null, messageKey: 'event' }, { write: line => void lines.push(JSON.parse(line) as never) })
  const environment = {
    DATABASE_URL: await way(db.url),
    DATA_DIR: dataDir,
    PORT: '0',
    DATABASE_POOL_MAX: '5',
    INTERNAL_KEY: randomBytes(32).toString('base64'),
    ...settings,
  }
  const config = readConfig(environment)
  const others = await Promise.all(apart.map(name => serveSubgraph(config, name, { log })))
  const SUBGRAPHS = others.map(({ url }, i) => `${apart[i] ?? ''}=${url}`).join(',')
  const house = await serve(readConfig({ ...environment, SUBGRAPHS }), { log })
  afterAll(async () => {
    await house.close()
    for (const other of others) await other.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  const users = { ada: await aUser(db.pool, 'ada', true), ben: await aUser(db.pool, 'ben', false) }
  const tokens = new Map<string, string>()

  async function tokenOf(name: keyof typeof users): Promise<string> {
    const known = tokens.get(name)
    if (known) return known
    const { token } = await newClient(name)
    tokens.set(name, token)
    return token
  }

  /** Another API client that acts for a user, and a token of it. */
  async function newClient(name: keyof typeof users) {
    const options = { name: `${name}'s client`, grant: 'client_credentials', user: name } as const
    const { id, secret } = await makeClient(db.pool, config, options)
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret })
    const response = await fetch(`${house.url}/Api/access_token`, { method: 'POST', body })
    const { access_token } = (await response.json()) as { access_token: string }
    return { id, secret, token: access_token }
  }

  return {
    ...house,
    sql: db.pool,
    databaseUrl: db.url,
    /** Where the subgraphs are that run in servers of their own. */
    subgraphUrls: others.map(({ url }) => url),
    users,
    /** What was logged so far. */
    lines,
    tokenOf,
    newClient,
    /** Another house on the same database, as a further process is. */
    async another() {
      const other = await serve(readConfig({ ...environment, SUBGRAPHS, PUBLIC_URL: house.url }), { log })
      afterAll(() => other.close())
      return other
    },
    /** Sends an operation as a user. */
    async graphql(query: string, variables: object = {}, as: keyof typeof users = 'ada'): Promise<GraphqlAnswer> {
      const headers = { authorization: `Bearer ${await tokenOf(as)}`, 'content-type': 'application/json' }
      const response = await fetch(`${house.url}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query, variables }),
      })
      return {
        status: response.status,
        headers: response.headers,
        ...((await response.json()) as Omit<GraphqlAnswer, 'status' | 'headers'>),
      }
    },
    /** Sends bytes to /graphql as ada. */
    async post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
      return fetch(`${house.url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${await tokenOf('ada')}`, 'content-type': 'application/json', ...headers },
        body,
      })
    },
  }
}

async function aUser(sql: Pool, name: string, isAdmin: boolean): Promise<string> {
  const id = randomUUID()
  await sql`insert into users ${sql({ id, user_name: name, last_name: name, status: 'Active', is_admin: isAdmin, employee_status: 'Active' })}`
  return id
}
