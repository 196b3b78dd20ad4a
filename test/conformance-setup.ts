/**
 * Brings a running house into a state that cases of extra.jsonl need. replay.mjs runs it before those cases, with a step of
 * extra-setup.json on standard input; it finds the house by BASE and its database by DATA_DIR.
 */
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import type { Pool } from '../drizzle/client.ts'
import { createPasswordHashes, md5Of } from '../drizzle/password-hash.ts'
import { openSecrets } from '../drizzle/secrets.ts'
import { withDatabase } from '../gateway/commands/with-database.ts'
import { openBrowser } from './gateway/oauth/browser.ts'

const base = process.env.BASE ?? ''

const step = z.object({
  tokens: z.record(z.string(), z.string()),
  state: z.object({
    authorization_code: z
      .object({
        client_id: z.string(),
        redirect_uri: z.string(),
        state: z.string(),
        user: z.string(),
        password: z.string(),
      })
      .optional(),
    users: z.array(z.looseObject({ id: z.string(), password: z.string() })).optional(),
    role: z
      .object({
        id: z.string(),
        name: z.string(),
        user: z.string().nullable(),
        actions: z.record(z.string(), z.record(z.string(), z.string())),
      })
      .optional(),
    preferences: z.object({ user: z.string(), timezone: z.string(), datef: z.string(), timef: z.string() }).optional(),
    records: z.object({ module: z.string(), count: z.number() }).optional(),
    expire_token_of: z.string().optional(),
    user_status: z.object({ id: z.string(), status: z.string() }).optional(),
  }),
})

type State = z.infer<typeof step>['state']

const { state, tokens } = step.parse(JSON.parse(await text(process.stdin)))
const said: { code?: string; named?: Record<string, string> } = {}

if (state.authorization_code) said.code = await authorize(state.authorization_code)
if (state.role) await setRole(state.role)
if (state.records) said.named = await makeRecords(state.records)
if (state.expire_token_of !== undefined) await signOut(tokens[state.expire_token_of] ?? '')
const { users, preferences, user_status: status } = state
if (users ?? preferences ?? status) {
  await withDatabase(async ({ pool }, config) => {
    const passwords = createPasswordHashes(pool, openSecrets(config))
    for (const { password, ...user } of users ?? []) await makeUser(pool, user, await passwords.hash(md5Of(password)))
    if (preferences) await prefer(pool, preferences)
    if (status) await changeUser(pool, status.id, { status: status.status })
  })
}
process.stdout.write(JSON.stringify(said))

/** Signs in and agrees, as a person does. */
async function authorize({ user, password, ...asked }: NonNullable<State['authorization_code']>): Promise<string> {
  const browser = openBrowser(base)
  const query = new URLSearchParams({ response_type: 'code', ...asked })
  const login = await browser.visit(`${base}/Api/authorize?${query.toString()}`)
  const consent = await browser.submit(login, 'login', { name: user, password })
  const { url } = await browser.submit(consent, 'allow')
  return new URL(url).searchParams.get('code') ?? ''
}

/** By the API that administrators have for it. What is not named goes back to the default. */
async function setRole({ id, name, user, actions }: NonNullable<State['role']>) {
  const asked = await graphql(
    'query ($id: ID!) { role(id: $id) { actions { module action } users { nodes { id } } } }',
    { id },
  )
  const found = z
    .object({
      role: z
        .object({
          actions: z.array(z.object({ module: z.string(), action: z.string() })),
          users: z.object({ nodes: z.array(z.object({ id: z.string() })) }),
        })
        .nullable(),
    })
    .parse(asked)
  if (!found.role)
    await graphql('mutation ($input: RoleInput!) { createRole(input: $input) { id } }', { input: { id, name } })
  const cleared = (found.role?.actions ?? []).map(({ module, action }) => ({ module, action, level: 'DEFAULT' }))
  const wanted = Object.entries(actions).flatMap(([module, levels]) =>
    Object.entries(levels).map(([action, level]) => ({ module, action, level: level.toUpperCase() })),
  )
  await graphql(
    'mutation ($id: ID!, $rules: [RoleActionInput!]!) { setRoleActions(roleId: $id, rules: $rules) { id } }',
    {
      id,
      rules: [...cleared, ...wanted],
    },
  )
  const holders = (found.role?.users.nodes ?? []).map(each => each.id)
  if (holders.length > 0)
    await graphql('mutation ($id: ID!, $ids: [ID!]!) { unrelateRole(id: $id, link: users, relatedIds: $ids) { id } }', {
      id,
      ids: holders,
    })
  if (user !== null)
    await graphql('mutation ($id: ID!, $ids: [ID!]!) { relateRole(id: $id, link: users, relatedIds: $ids) { id } }', {
      id,
      ids: [user],
    })
}

/** One after the other, as a client makes them. */
async function makeRecords({ module, count }: NonNullable<State['records']>) {
  const named: Record<string, string> = {}
  for (let i = 0; i < count; i++) {
    const name = `${module.toLowerCase().replace(/s$/, '')}${String(i).padStart(2, '0')}`
    const { data } = z
      .object({ data: z.object({ id: z.string() }) })
      .parse(await ask('POST', '/Api/V8/module', tokens.admin ?? '', { data: { type: module, attributes: { name } } }))
    named[name] = data.id
  }
  return named
}

/** A token whose time is over cannot be had within a test; one that was given back is as dead. */
async function signOut(token: string) {
  await ask('POST', '/Api/V8/logout', token)
}

async function makeUser(sql: Pool, user: Record<string, unknown>, hash: string) {
  const now = new Date().toISOString().slice(0, 19).replace('T', ' ')
  await sql`insert into users ${sql({ ...user, user_hash: hash, date_entered: now, date_modified: now } as never)}`
}

async function prefer(sql: Pool, { user, ...chosen }: NonNullable<State['preferences']>) {
  const [known] = await sql<{ id: string; contents: Record<string, unknown> }[]>`
    select id, contents from user_preferences where assigned_user_id = ${user} and category = 'global' and not deleted`
  if (!known) throw new Error(`user ${user} has no preferences`)
  await sql`update user_preferences set contents = ${sql.json({ ...known.contents, ...chosen })} where id = ${known.id}`
  await tell(sql, user)
}

async function changeUser(sql: Pool, id: string, values: Record<string, string>) {
  await sql`update users set ${sql(values)} where id = ${id}`
  await tell(sql, id)
}

async function tell(sql: Pool, id: string) {
  await sql`select pg_notify('identity', ${JSON.stringify({ kind: 'user', id })})`
}

async function graphql(query: string, variables: Record<string, unknown>): Promise<unknown> {
  const answer = await ask('POST', '/graphql', tokens.admin ?? '', { query, variables })
  const { data, errors } = z.object({ data: z.unknown(), errors: z.unknown().optional() }).parse(answer)
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data
}

async function ask(method: string, path: string, token: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  return response.json()
}
