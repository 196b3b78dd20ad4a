import { createHash } from 'node:crypto'
import type { servedHouse } from '../gateway/served.ts'
import { storedPassword } from '../passwords.ts'

type House = Awaited<ReturnType<typeof servedHouse>>

/** Any JSON, for tests that say what they expect of it. */
export type Json = { readonly [key: string]: Json } & readonly Json[]

const password = 'correct horse'

/** Lets ada sign in to the legacy API. */
export async function withPassword({ sql, users }: House) {
  await sql`update users set user_hash = ${await storedPassword(password)} where id = ${users.ada}`
}

/** The doors of a process as an administrator's clients see them. */
export function doorsOf(house: House, url: string) {
  const bearer = async () => ({ authorization: `Bearer ${await house.tokenOf('ada')}` })

  async function graphql(query: string, variables: object = {}): Promise<Json> {
    const headers = { ...(await bearer()), 'content-type': 'application/json' }
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    })
    return (await response.json()) as Json
  }

  async function v8(
    path: string,
    { method = 'GET', body, version = '8.0' }: { method?: string; body?: unknown; version?: string } = {},
  ): Promise<{ status: number; body: Json }> {
    const headers = { ...(await bearer()), 'api-version': version, 'content-type': 'application/vnd.api+json' }
    const response = await fetch(`${url}/Api/V8${path}`, {
      method,
      headers,
      body: body ? JSON.stringify(body) : undefined,
    })
    return { status: response.status, body: JSON.parse((await response.text()) || 'null') as Json }
  }

  async function rest(method: string, args: unknown): Promise<Json> {
    const body = new URLSearchParams({
      method,
      input_type: 'JSON',
      response_type: 'JSON',
      rest_data: JSON.stringify(args),
    })
    const response = await fetch(`${url}/service/v4_1/rest.php`, { method: 'POST', body })
    return (await response.json()) as Json
  }

  let session: Promise<Json> | undefined

  /** A method of the legacy API, in a session. */
  async function v4_1(method: string, args: Readonly<Record<string, unknown>>): Promise<Json> {
    const md5 = createHash('md5').update(password).digest('hex')
    session ??= rest('login', [{ user_name: 'ada', password: md5 }])
    return rest(method, { session: (await session).id, ...args })
  }

  return { graphql, v8, v4_1 }
}
