import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStream, type OpenStream } from '../events/streams.ts'
import { permissionHouse, type Person } from './house.ts'

const house = await permissionHouse()
const { url, graph, aPerson, aRole, aGroup } = house

type Json = Readonly<Record<string, unknown>>
type Seen = { readonly type: string; readonly id: string; readonly changes: Json; readonly leftSight: boolean }
type Who = 'owner' | 'member' | 'stranger' | 'admin'

const levels = { ALL: 90, GROUP: 80, OWNER: 75, NONE: -99 } as const
const everybody: readonly Who[] = ['owner', 'member', 'stranger', 'admin']
const permitted: Readonly<Record<keyof typeof levels, readonly Who[]>> = {
  ALL: everybody,
  GROUP: ['owner', 'member', 'admin'],
  OWNER: ['owner', 'admin'],
  NONE: ['admin'],
}

const admin = await aPerson({ isAdmin: true })
const bearer = ({ token }: Person) => ({ authorization: `Bearer ${token}` })

type WireEvent = { type: string; record: { id: string }; changes: Json; leftSight?: true }
const seenOf = ({ type, record, changes, leftSight = undefined }: WireEvent): Seen => ({
  type,
  id: record.id,
  changes,
  leftSight: leftSight === true,
})

async function page(who: Person, cursor: string): Promise<readonly Seen[]> {
  const response = await fetch(`${url}/events?cursor=${cursor}&limit=1000`, { headers: bearer(who) })
  const { events } = (await response.json()) as { events: WireEvent[] }
  return events.map(seenOf)
}

type GraphEvent = {
  type: string
  recordId: string
  leftSight: boolean
  changes: { field: string; old: unknown; new: unknown }[]
}
const fromGraph = ({ type, recordId: id, leftSight, changes }: GraphEvent): Seen => ({
  type,
  id,
  leftSight,
  changes: Object.fromEntries(changes.map(({ field, ...change }) => [field, change])),
})
const selection = '{ type recordId leftSight changes { field old new } }'

/** Every way to read the events behind a cursor. */
const doors: Readonly<Record<string, (who: Person, cursor: string) => Promise<readonly Seen[]>>> = {
  '/events': page,
  '/events/stream': (who, cursor) =>
    streamed(who, `/events/stream?cursor=${cursor}`, data => [seenOf(JSON.parse(data) as WireEvent)]),
  'GraphQL query': async (who, cursor) => {
    const query = `query ($cursor: String) { events(cursor: $cursor, limit: 1000) { events ${selection} } }`
    const { data } = await graph(who, query, { cursor })
    return (data?.events as { events: GraphEvent[] }).events.map(fromGraph)
  },
  'GraphQL subscription': (who, cursor) => {
    const query = `subscription { recordChanged(module: "Accounts", cursor: "${cursor}") { event ${selection} record { ... on Account { name } } } }`
    return streamed(who, `/graphql/stream?query=${encodeURIComponent(query)}`, data => {
      const answer = JSON.parse(data || '{}') as { data?: { recordChanged: { event: GraphEvent } } }
      return answer.data ? [fromGraph(answer.data.recordChanged.event)] : []
    })
  },
}

const opened: OpenStream[] = []
afterAll(() => opened.forEach(stream => stream.close()))

/** What a stream has told by the time at which it tells what happened last, which its reader may see; nothing if it is refused. */
async function streamed(who: Person, path: string, read: (data: string) => Seen[]): Promise<readonly Seen[]> {
  const stream = await openStream(`${url}${path}`, bearer(who))
  opened.push(stream)
  const own = await anAccount({ assigned_user_id: who.id })
  const { data } = await graph(admin, 'mutation { createContact(input: { last_name: "Last" }) { id } }')
  const last = (data?.createContact as { id: string }).id
  const seen = () => stream.events.flatMap(({ data }) => read(data))
  await expect.poll(() => stream.status !== 200 || seen().some(({ id }) => id === own || id === last)).toBe(true)
  stream.close()
  return seen()
}

/** A cursor behind everything that has happened here so far, once that is settled. */
async function now(): Promise<string> {
  const read = async (query: string) => {
    const response = await fetch(`${url}/events?${query}`, { headers: bearer(admin) })
    return (await response.json()) as { cursor: string; events: { cursor: string }[] }
  }
  const { cursor } = await read('cursor=now')
  const id = await anAccount({})
  for (;;) {
    const [mark] = (await read(`cursor=${cursor}&ids=${id}`)).events
    if (mark) return mark.cursor
  }
}

async function anAccount(input: Json) {
  const query = 'mutation ($input: AccountInput!) { createAccount(input: $input) { id } }'
  const { data } = await graph(admin, query, { input: { name: 'Acme', ...input } })
  return (data?.createAccount as { id: string }).id
}
const update = (id: string, input: Json) =>
  graph(admin, 'mutation ($id: ID!, $input: AccountInput!) { updateAccount(id: $id, input: $input) { id } }', {
    id,
    input,
  })
const remove = (id: string) => graph(admin, 'mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id })
const inGroup = (verb: 'relate' | 'unrelate', id: string, group: string) =>
  graph(
    admin,
    `mutation ($id: ID!, $ids: [ID!]!) { ${verb}Account(id: $id, link: SecurityGroups, relatedIds: $ids) { id } }`,
    {
      id,
      ids: [group],
    },
  )

describe.each(Object.keys(levels) as (keyof typeof levels)[])('with %s', level => {
  const people: Partial<Record<Who, Person>> = { admin }
  let group = ''
  let cursor = ''
  let account = ''

  beforeAll(async () => {
    for (const who of ['owner', 'member', 'stranger'] as const) people[who] = await aPerson()
    group = await aGroup([people.member?.id ?? ''])
    const all = Object.fromEntries(['view', 'list', 'edit', 'delete'].map(action => [action, levels[level]]))
    await aRole({ Accounts: all }, { users: everybody.map(who => people[who]?.id ?? '') })
    cursor = await now()
    account = await anAccount({ assigned_user_id: people.owner?.id })
    await inGroup('relate', account, group)
    await update(account, { phone_office: '1' })
  })

  it.each(Object.keys(doors))('%s tells of a record to whom the level reaches, and nobody else', async door => {
    await expect.poll(async () => (await page(admin, cursor)).length).toBeGreaterThan(2)
    const told: Who[] = []
    for (const who of everybody) {
      const person = people[who]
      const seen = person ? await doors[door]?.(person, cursor) : []
      if (seen?.some(({ id, type }) => id === account && type === 'Accounts.updated')) told.push(who)
    }

    expect(told).toEqual(permitted[level])
  })

  it.each(Object.keys(doors))('%s tells of a deletion to whom it reached', async door => {
    const from = await now()
    const doomed = await anAccount({ assigned_user_id: people.owner?.id })
    await inGroup('relate', doomed, group)
    await remove(doomed)
    await expect.poll(async () => (await page(admin, from)).some(({ type }) => type === 'Accounts.deleted')).toBe(true)
    const told: Who[] = []
    for (const who of everybody) {
      const person = people[who]
      const seen = person ? await doors[door]?.(person, from) : []
      if (seen?.some(({ id, type }) => id === doomed && type === 'Accounts.deleted')) told.push(who)
    }

    expect(told).toEqual(permitted[level])
  })
})

describe('a record that leaves the sight of somebody', () => {
  it('because it gets another owner, is told once without values', async () => {
    const [owner, other] = [await aPerson(), await aPerson()]
    await aRole({ Accounts: { view: 75, list: 75 } }, { users: [owner.id, other.id] })
    const account = await anAccount({ assigned_user_id: owner.id })
    const from = await now()
    await update(account, { assigned_user_id: other.id, phone_office: 'secret' })
    await update(account, { phone_office: 'more' })
    await expect.poll(async () => (await page(admin, from)).length).toBe(2)

    expect(await page(owner, from)).toEqual([{ type: 'Accounts.updated', id: account, changes: {}, leftSight: true }])
    expect(await page(other, from)).toHaveLength(2)
  })

  it('because it leaves a group, is told once', async () => {
    const member = await aPerson()
    const group = await aGroup([member.id])
    await aRole({ Accounts: { view: 80, list: 80 }, SecurityGroups: { view: 90, list: 90 } }, { users: [member.id] })
    const account = await anAccount({})
    await inGroup('relate', account, group)
    const from = await now()
    await inGroup('unrelate', account, group)
    await update(account, { phone_office: 'secret' })
    await expect.poll(async () => (await page(admin, from)).filter(({ id }) => id === account).length).toBe(2)

    const seen = (await page(member, from)).filter(({ id }) => id === account)
    expect(seen).toEqual([{ type: 'Accounts.unrelated', id: account, changes: {}, leftSight: true }])
  })
})

describe('a field that a role hides', () => {
  it('is in no event, and an event of nothing else is none', async () => {
    const clerk = await aPerson()
    const role = await aRole({}, { users: [clerk.id] })
    await house.hideField(role, 'Accounts', 'annual_revenue', 'NONE')
    const from = await now()
    const account = await anAccount({ annual_revenue: '1000' })
    await update(account, { annual_revenue: '2000' })
    await update(account, { annual_revenue: '3000', phone_office: '1' })
    await expect.poll(async () => (await page(admin, from)).length).toBe(3)

    for (const door of Object.values(doors)) {
      const seen = (await door(clerk, from)).filter(({ id }) => id === account)
      expect(seen.map(({ type }) => type)).toEqual(['Accounts.created', 'Accounts.updated'])
      expect(JSON.stringify(seen)).not.toMatch(/annual_revenue|"[123]000[".]/)
    }
    const snapshot = await fetch(`${url}/events/snapshot?module=Accounts`, { headers: bearer(clerk) })
    expect(await snapshot.text()).not.toMatch(/annual_revenue|"3000[".]/)
  })
})

describe('a token with few scopes', () => {
  it('gets the events of the modules that it may read, and is refused others by name', async () => {
    const { data } = await graph(
      admin,
      'mutation { createApiKey(input: { name: "few", scopes: ["records:read:Accounts"] }) { secret } }',
    )
    const few = { ...admin, token: (data?.createApiKey as { secret: string }).secret }
    const from = await now()
    const account = await anAccount({})
    const contact = await graph(admin, 'mutation { createContact(input: { last_name: "Li" }) { id } }')
    const contactId = (contact.data?.createContact as { id: string }).id
    await graph(
      admin,
      `mutation { relateAccount(id: "${account}", link: contacts, relatedIds: ["${contactId}"]) { id } }`,
    )
    await expect.poll(async () => (await page(admin, from)).length).toBe(4)

    expect((await page(few, from)).map(({ type }) => type)).toEqual(['Accounts.created'])
    const refusals = await Promise.all(
      [
        '/events?modules=Contacts',
        '/events/stream?modules=Accounts,Contacts',
        '/events/snapshot?module=Contacts',
        `/graphql/stream?query=${encodeURIComponent('subscription { contactChanged { event { id } } }')}`,
        `/graphql/stream?query=${encodeURIComponent('subscription { recordChanged(module: "Contacts") { event { id } } }')}`,
      ].map(async path => {
        const response = await fetch(`${url}${path}`, { headers: bearer(few) })
        return [response.status, response.headers.get('www-authenticate')?.includes('records:read:Contacts')]
      }),
    )
    expect(refusals).toEqual(Array(5).fill([403, true]))
  })
})
