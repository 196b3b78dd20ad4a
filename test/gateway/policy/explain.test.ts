import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { tellAccessChanged } from '../../../drizzle/access.ts'
import { readConfig } from '../../../gateway/config.ts'
import { makeClient } from '../../../gateway/create-client.ts'
import { createDenials } from '../../../gateway/policy/denials.ts'
import { systemPrincipal } from '../../../schema/principal.ts'
import { servedHouse } from '../served.ts'

const house = await servedHouse()
const { sql, users } = house
const id = () => randomUUID()

const levels = { ALL: 90, ENABLED: 89, GROUP: 80, OWNER: 75, NONE: -99, DISABLED: -98 } as const
type Level = keyof typeof levels

const actionIds = new Map<string, string>()
for (const name of ['access', 'view', 'list', 'edit', 'delete']) {
  const actionId = id()
  actionIds.set(name, actionId)
  const standard = name === 'access' ? 89 : 90
  await sql`insert into acl_actions ${sql({ id: actionId, category: 'Accounts', name, acltype: 'module', aclaccess: standard })}`
}

/** Gives ben one role, which says this of Accounts, and no other. */
async function benMay(said: Partial<Record<'access' | 'view' | 'list' | 'edit' | 'delete', Level>>) {
  const role = id()
  await sql`update acl_roles_users set deleted = true where user_id = ${users.ben}`
  await sql`insert into acl_roles ${sql({ id: role, name: 'Sellers' })}`
  await sql`insert into acl_roles_users ${sql({ id: id(), role_id: role, user_id: users.ben })}`
  for (const [action, level] of Object.entries(said)) {
    const override = { id: id(), role_id: role, action_id: actionIds.get(action) ?? '', access_override: levels[level] }
    await sql`insert into acl_roles_actions ${sql(override)}`
  }
  await tellAccessChanged(sql)
  return role
}

async function anAccount(owner: keyof typeof users): Promise<string> {
  const made = await house.graphql(
    'mutation ($owner: ID!) { createAccount(input: { name: "Acme", assigned_user_id: $owner }) { id } }',
    { owner: users[owner] },
  )
  return (made.data?.['createAccount'] as { id: string }).id
}

async function aGroup(name: string, members: readonly string[], records: readonly string[]) {
  const group = id()
  await sql`insert into securitygroups ${sql({ id: group, name })}`
  for (const user_id of members) {
    await sql`insert into securitygroups_users ${sql({ id: id(), securitygroup_id: group, user_id })}`
  }
  for (const record_id of records) {
    await sql`insert into securitygroups_records ${sql({ id: id(), securitygroup_id: group, record_id, module: 'Accounts' })}`
  }
  return group
}

/** Asks as ben. The answer comes with the id of its request. */
const ask = async (query: string, variables: object = {}) => {
  const { headers, ...answer } = await house.graphql(query, variables, 'ben')
  return { requestId: headers.get('x-request-id') ?? '', ...answer }
}

type Explained = {
  readonly kind: string
  readonly smallestGrant: readonly string[]
  readonly steps: readonly { readonly rule: string; readonly passed: boolean | null; readonly says: string }[]
}

const explain = async (requestId: string): Promise<Explained> => {
  const query = `query ($id: String!) { explainDenial(requestId: $id) { kind userName module action recordId
    smallestGrant steps { rule passed says } } }`
  const found = async () => (await house.graphql(query, { id: requestId })).data?.['explainDenial'] as Explained[]
  await expect.poll(found, { timeout: 20_000 }).toHaveLength(1)
  const [explained] = await found()
  if (!explained) throw new Error('It was there a moment ago')
  return explained
}

const failed = ({ steps }: Explained) => steps.filter(step => step.passed === false).map(step => step.rule)

const read = (account: string) => ask('query ($id: ID!) { account(id: $id) { name } }', { id: account })
const rename = (account: string) =>
  ask('mutation ($id: ID!) { updateAccount(id: $id, input: { name: "Acme" }) { name } }', { id: account })

describe('explains why a record was not there', () => {
  it('because it belongs to somebody else', async () => {
    await benMay({ view: 'OWNER' })

    const explained = await explain((await read(await anAccount('ada'))).requestId)

    expect(failed(explained)).toEqual(['owner'])
    expect(explained).toMatchObject({ kind: 'not_found', userName: 'ben', module: 'Accounts', action: 'view' })
    expect(explained.smallestGrant).toEqual(['the level view=ALL of Accounts, by the role Sellers'])
  })

  it('because the level of the role stops before the group that it shares', async () => {
    await benMay({ view: 'OWNER' })
    const account = await anAccount('ada')
    await aGroup('North', [users.ben], [account])

    const explained = await explain((await read(account)).requestId)

    expect(explained.smallestGrant).toEqual(['the level view=GROUP of Accounts, by the role Sellers'])
  })

  it('because the user is in none of its groups', async () => {
    await benMay({ view: 'GROUP' })
    const account = await anAccount('ada')
    await aGroup('South', [], [account])

    const explained = await explain((await read(account)).requestId)

    expect(failed(explained)).toEqual(['owner', 'groups'])
    expect(explained.smallestGrant).toEqual(['the membership of ben in the security group South'])
  })

  it('because it is deleted, or never was', async () => {
    await benMay({})
    const account = await anAccount('ben')
    await house.graphql('mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id: account })

    const deleted = await explain((await read(account)).requestId)
    const absent = await explain((await read(id())).requestId)

    expect([failed(deleted), failed(absent)]).toEqual([['record'], ['record']])
    expect(deleted.steps.at(-1)?.says).toContain('is deleted')
    expect(absent.steps.at(-1)?.says).toContain('does not exist')
    expect([...deleted.smallestGrant, ...absent.smallestGrant]).toEqual([])
  })
})

describe('explains why something was forbidden', () => {
  it('because the module is closed', async () => {
    await benMay({ access: 'DISABLED' })

    const explained = await explain((await read(await anAccount('ben'))).requestId)

    expect(failed(explained)).toEqual(['module'])
    expect(explained.smallestGrant).toEqual(['the level access=ENABLED of Accounts, by the role Sellers'])
  })

  it('because a list reaches nothing', async () => {
    await benMay({ list: 'NONE' })

    const explained = await explain((await ask('{ accounts { totalCount } }')).requestId)

    expect(failed(explained)).toEqual(['level of list'])
    expect(explained.smallestGrant).toEqual(['the level list=OWNER of Accounts, by the role Sellers'])
  })

  it('because a record may be seen and not be changed', async () => {
    await benMay({ edit: 'OWNER' })

    const explained = await explain((await rename(await anAccount('ada'))).requestId)

    expect(explained.kind).toBe('forbidden')
    expect(explained.smallestGrant).toEqual(['the level edit=ALL of Accounts, by the role Sellers'])
  })

  it('because only administrators may', async () => {
    await benMay({})

    const users = await explain((await ask('mutation { createUser(input: { last_name: "X" }) { id } }')).requestId)
    const clients = await explain((await ask('{ apiClients { id } }')).requestId)

    expect([users.smallestGrant, clients.smallestGrant]).toEqual([
      ['ben is made an administrator'],
      ['ben is made an administrator'],
    ])
  })

  it('because of a field', async () => {
    const role = await benMay({})
    await sql`insert into acl_roles_fields ${sql({ role_id: role, module: 'Accounts', field: 'industry', access: 'NONE' })}`
    await tellAccessChanged(sql)
    const query = '{ accounts(filter: { industry: { eq: "Banking" } }) { totalCount } }'

    const explained = await explain((await ask(query)).requestId)

    expect(failed(explained)).toEqual(['field'])
    expect(explained.smallestGrant).toEqual(['the right READ to the field industry of Accounts, by the role Sellers'])
  })
})

it('names a grant that is enough, and nothing less would be', async () => {
  const account = await anAccount('ada')
  const group = await aGroup('East', [], [account])
  await benMay({ view: 'NONE', edit: 'NONE' })
  const { smallestGrant } = await explain((await rename(account)).requestId)

  await benMay({ view: 'GROUP', edit: 'GROUP' })
  const withLevels = await rename(account)
  await sql`insert into securitygroups_users ${sql({ id: id(), securitygroup_id: group, user_id: users.ben })}`
  const withBoth = await rename(account)

  expect(smallestGrant).toEqual([
    'the level edit=GROUP of Accounts, by the role Sellers',
    'the level view=GROUP of Accounts, by the role Sellers',
    'the membership of ben in the security group East',
  ])
  expect(withLevels.errors).toHaveLength(1)
  expect(withBoth.errors).toBeUndefined()
})

describe('explains the want of a scope', () => {
  const wanted = 'records:read:Accounts'

  /** An API client of ben's that may have these scopes. */
  async function aClient(name: string, scopes: readonly string[] | null) {
    const { id: client, secret } = await makeClient(sql, readConfig({}), {
      ...{ name, grant: 'client_credentials', user: 'ben' },
    })
    await sql`insert into api_client_settings (client_id, scopes, token_format) values (${client}, ${scopes}, 'legacy')
      on conflict (client_id) do update set scopes = excluded.scopes, token_format = excluded.token_format`
    return { client, secret }
  }

  it('by what the API client may have', async () => {
    const { client, secret } = await aClient('Reporting', ['logs:read'])
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: client, client_secret: secret })
    const issued = await fetch(`${house.url}/Api/access_token`, { method: 'POST', body: form })
    const { access_token: token } = (await issued.json()) as { access_token: string }

    const refused = await fetch(`${house.url}/Api/V8/module/Accounts`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const explained = await explain(refused.headers.get('x-request-id') ?? '')

    expect(refused.status).toBe(403)
    expect(failed(explained)).toEqual(['scopes of the token', 'scopes of the client'])
    expect(explained.smallestGrant).toEqual([`the scope ${wanted} for the API client Reporting`])
  })

  it('by what the token was granted of it', async () => {
    const { client } = await aClient('Portal', null)
    const denials = createDenials(sql, error => expect(error).toBeUndefined())
    const scopes = ['logs:read']
    const principal = { ...systemPrincipal, kind: 'user' as const, userId: users.ben, clientId: client, scopes }
    const requestId = id()
    denials.note({ requestId, principal, now: () => new Date() }, [{ kind: 'scope', missingScope: wanted }])
    await denials.close()

    const explained = await explain(requestId)

    expect(failed(explained)).toEqual(['scopes of the token'])
    expect(explained.smallestGrant).toEqual([`a token that is granted the scope ${wanted}`])
  })
})

it('tells the caller no more about what it may not see than about what is not there', async () => {
  await benMay({ view: 'OWNER' })
  const [hidden, absent] = [await anAccount('ada'), id()]
  const shape = ({ requestId: _, ...answer }: object & { requestId: string }) => JSON.stringify(answer)
  const told = async (ask: (id: string) => ReturnType<typeof read>, id: string) =>
    shape(await ask(id)).replaceAll(id, 'X')

  expect(await told(read, hidden)).toBe(await told(read, absent))
  expect(await told(rename, hidden)).toBe(await told(rename, absent))
})

it('is for administrators, and knows nothing of requests that got what they asked for', async () => {
  await benMay({})
  const query = 'query ($id: String!) { explainDenial(requestId: $id) { kind } }'
  const { requestId } = await ask('{ me { id } }')

  expect((await ask(query, { id: requestId })).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  expect((await house.graphql(query, { id: requestId })).data).toEqual({ explainDenial: [] })
  expect((await house.graphql(query, { id: "' or 1=1 --\0" })).data).toEqual({ explainDenial: [] })
})
