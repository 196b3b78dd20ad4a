import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readConfig } from '../../../gateway/config.ts'
import { makeClient } from '../../../gateway/create-client.ts'
import { covers } from '../../../schema/scopes.ts'
import { servedHouse } from '../served.ts'

type Operation = { readonly security: readonly [{ readonly oauth2: readonly string[] }] }
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

const document = JSON.parse(
  readFileSync(new URL('../../../schema/openapi/v8.json', import.meta.url), 'utf8'),
) as Document

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { security }]) => ({ method, path, scopes: security[0].oauth2 })),
)

const house = await servedHouse()
const { sql } = house
const made = await house.graphql(`mutation {
  a: createAccount(input: { name: "Acme" }) { id }
  c: createContact(input: { last_name: "Doe" }) { id }
}`)
const { id: account } = made.data?.['a'] as { id: string }
const { id: contact } = made.data?.['c'] as { id: string }

const places: Readonly<Record<string, string>> = {
  moduleName: 'Accounts',
  id: account,
  linkFieldName: 'contacts',
  relatedBeanId: contact,
}

async function tokenWith(scopes: readonly string[]): Promise<string> {
  const options = { name: scopes.join(), grant: 'client_credentials', user: 'ada' } as const
  const { id, secret } = await makeClient(sql, readConfig({}), options)
  await sql`insert into api_client_settings (client_id, scopes, token_format) values (${id}, ${[...scopes]}, 'legacy')
    on conflict (client_id) do update set scopes = excluded.scopes, token_format = excluded.token_format`
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret })
  const response = await fetch(`${house.url}/Api/access_token`, { method: 'POST', body })
  return ((await response.json()) as { access_token: string }).access_token
}

async function call(method: string, path: string, scopes: readonly string[]) {
  const at = path.replace(/\{(\w+)\}/g, (_whole, name: string) =>
    path.startsWith('/user-') ? house.users.ada : (places[name] ?? ''),
  )
  const data = path.endsWith('/module')
    ? { type: 'Accounts', ...(method === 'patch' && { id: account }), attributes: { name: 'Acme' } }
    : { type: 'Contacts', id: contact }
  const response = await fetch(`${house.url}/Api/V8${at}`, {
    method: method.toUpperCase(),
    headers: { authorization: `Bearer ${await tokenWith(scopes)}`, 'content-type': 'application/vnd.api+json' },
    ...(['post', 'patch'].includes(method) && { body: JSON.stringify({ data }) }),
  })
  const [, missing] = /scope="([^"]*)"/.exec(response.headers.get('www-authenticate') ?? '') ?? []
  return { status: response.status, missing }
}

it.each(operations.filter(({ scopes }) => scopes.length > 0))(
  '$method $path needs what its document says: $scopes',
  async ({ method, path, scopes }) => {
    const without = await call(method, path, ['webhooks:read'])
    const within = await call(method, path, scopes)

    expect(without.status).toBe(403)
    expect(without.missing?.split(' ').filter(missing => !covers(scopes, missing))).toEqual([])
    expect(within).toMatchObject({ missing: undefined })
    expect(within.status).not.toBe(403)
  },
)

it.each(operations.filter(({ scopes }) => scopes.length === 0))(
  '$method $path takes any token, as its document says',
  async ({ method, path }) => {
    expect((await call(method, path, ['webhooks:read'])).status).toBe(200)
  },
)
