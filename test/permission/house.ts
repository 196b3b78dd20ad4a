import { randomUUID } from 'node:crypto'
import { servedHouse } from '../gateway/served.ts'
import { storedPassword } from '../passwords.ts'

type Json = Readonly<Record<string, unknown>>

/** What a door says: the answer where it gives one, and whether it refused. */
export type Said = { readonly status: number; readonly json: unknown; readonly text: string }

export type Person = { readonly id: string; readonly name: string; readonly token: string; readonly session: string }

const password = 'correct horse'

/** A whole house over HTTP, with people who come through all its doors and what they may do. */
export async function permissionHouse(options: Parameters<typeof servedHouse>[0] = {}) {
  const house = await servedHouse(options)
  const { sql, url } = house
  const hash = await storedPassword(password)
  const secret = 'a secret'
  const client = randomUUID()
  await sql`insert into oauth2clients ${sql({ id: client, name: 'doors', secret: await sha256(secret), allowed_grant_type: 'password', is_confidential: true })}`
  await sql`insert into api_client_settings ${sql({ client_id: client, password_grant: true })}`

  /** Signs a new user in at both kinds of doors. */
  async function aPerson({
    isAdmin = false,
    id = randomUUID(),
  }: { isAdmin?: boolean; id?: string } = {}): Promise<Person> {
    const name = `u${id.slice(0, 8)}`
    await sql`insert into users ${sql({ id, user_name: name, last_name: name, user_hash: hash, status: 'Active', is_admin: isAdmin, is_group: false, portal_only: false, deleted: false })}`
    const body = new URLSearchParams({
      grant_type: 'password',
      client_id: client,
      client_secret: secret,
      username: name,
      password,
    })
    const token = (await (await fetch(`${url}/Api/access_token`, { method: 'POST', body })).json()) as {
      access_token: string
    }
    const session = (await legacyCall('login', [{ user_name: name, password, encryption: 'PLAIN' }, 'test'])) as {
      id: string
    }
    return { id, name, token: token.access_token, session: session.id }
  }

  async function legacyCall(method: string, args: unknown): Promise<unknown> {
    const body = new URLSearchParams({
      method,
      input_type: 'JSON',
      response_type: 'JSON',
      rest_data: JSON.stringify(args),
    })
    return (await fetch(`${url}/service/v4_1/rest.php`, { method: 'POST', body })).json()
  }

  return {
    ...house,
    aPerson,
    /** A role with levels by module and action, and who holds it; SuiteCRM's numbers. */
    async aRole(
      levels: Readonly<Record<string, Readonly<Record<string, number>>>>,
      holders: { users?: readonly string[]; groups?: readonly string[] },
    ) {
      const id = randomUUID()
      await sql`insert into acl_roles ${sql({ id, name: id, deleted: false })}`
      for (const [module, actions] of Object.entries(levels)) {
        for (const [name, level] of Object.entries(actions)) {
          const action = await actionOf(module, name)
          await sql`insert into acl_roles_actions ${sql({ id: randomUUID(), role_id: id, action_id: action, access_override: level, deleted: false })}`
        }
      }
      for (const user of holders.users ?? [])
        await sql`insert into acl_roles_users ${sql({ id: randomUUID(), role_id: id, user_id: user, deleted: false })}`
      for (const group of holders.groups ?? []) {
        await sql`insert into securitygroups_acl_roles ${sql({ id: randomUUID(), role_id: id, securitygroup_id: group, deleted: false })}`
      }
      return id
    },
    async hideField(role: string, module: string, field: string, access: string) {
      await sql`insert into acl_roles_fields ${sql({ role_id: role, module, field, access })}`
    },
    async aGroup(users: readonly string[]) {
      const id = randomUUID()
      await sql`insert into securitygroups ${sql({ id, name: id, deleted: false })}`
      for (const user of users)
        await sql`insert into securitygroups_users ${sql({ id: randomUUID(), securitygroup_id: id, user_id: user, deleted: false })}`
      return id
    },
    async putInGroup(group: string, module: string, record: string) {
      await sql`insert into securitygroups_records ${sql({ id: randomUUID(), securitygroup_id: group, record_id: record, module, deleted: false })}`
    },
    async insert(table: string, row: Json) {
      const id = randomUUID()
      await sql`insert into ${sql(table)} ${sql({ id, deleted: false, date_entered: '2030-01-01 00:00:00', date_modified: '2030-01-01 00:00:00', ...row } as never)}`
      return id
    },
    async graph(person: Person, query: string, variables: Json = {}) {
      const said = await send(person, 'POST', '/graphql', { query, variables })
      return said.json as { data?: Record<string, unknown> | null; errors?: { message: string; extensions: Json }[] }
    },
    v8: (person: Person, method: string, path: string, body?: unknown) => send(person, method, `/Api/V8${path}`, body),
    legacy: (person: Person, method: string, ...args: readonly unknown[]) =>
      legacyCall(method, [person.session, ...args]),
  }

  async function send(person: Person, method: string, path: string, body?: unknown): Promise<Said> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, text, json: JSON.parse(text) as unknown }
  }

  async function actionOf(module: string, name: string): Promise<string> {
    const [known] = await sql<
      { id: string }[]
    >`select id from acl_actions where category = ${module} and name = ${name}`
    if (known) return known.id
    const id = randomUUID()
    await sql`insert into acl_actions ${sql({ id, category: module, name, acltype: 'module', aclaccess: name === 'access' ? 89 : 90, deleted: false })}`
    return id
  }
}

async function sha256(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Buffer.from(bytes).toString('hex')
}
