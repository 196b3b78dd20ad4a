import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { permissionHouse, type Person } from '../permission/house.ts'

const house = await permissionHouse({
  settings: { OUTGOING_ALLOW: '127.0.0.1', OUTGOING_HTTPS: 'optional', BACKGROUND_WORK: 'no' },
})
const { sql } = house
const [ann, bob, eve] = [await house.aPerson(), await house.aPerson({ isAdmin: true }), await house.aPerson()]

const run = async (person: Person, query: string, variables: object = {}) => {
  const { data, errors } = await house.graph(person, query, variables as never)
  return {
    data: data as Record<string, never> | null | undefined,
    error: errors?.[0]?.extensions,
    message: errors?.[0]?.message,
  }
}
const create = (person: Person, input: object) =>
  run(
    person,
    `mutation ($input: NewWebhookEndpoint!) {
      createWebhookEndpoint(input: $input) { secret publicKey endpoint { id url status eventTypes headerNames authenticationKind schedule ownerId } }
    }`,
    { input: { url: 'https://receiver.example/hook', eventTypes: ['Accounts.*'], ...input } },
  )
type Made = {
  secret: string | null
  publicKey: string | null
  endpoint: { id: string; ownerId: string } & Record<string, unknown>
}
const made = async (person: Person, input: object = {}) => {
  const { data, message } = await create(person, input)
  if (!data) throw new Error(message)
  return data.createWebhookEndpoint as unknown as Made
}
const update = (person: Person, id: string, input: object) =>
  run(
    person,
    'mutation ($id: ID!, $input: WebhookEndpointInput!) { updateWebhookEndpoint(id: $id, input: $input) { id url } }',
    { id, input },
  )
const rotate = (person: Person, id: string, input: object = {}) =>
  run(
    person,
    'mutation ($id: ID!, $input: WebhookRotation) { rotateWebhookSecret(id: $id, input: $input) { secret publicKey } }',
    { id, input },
  )
const secretsOf = async (person: Person, id: string) =>
  (
    (
      await run(
        person,
        'query ($id: ID!) { webhookEndpoint(id: $id) { secrets { id signing publicKey expiresAt } } }',
        { id },
      )
    ).data?.webhookEndpoint as { secrets: { id: string; signing: string; expiresAt: string | null }[] } | undefined
  )?.secrets ?? []

describe('an endpoint', () => {
  it('is made with the rights of its maker, and its secret is told once', async () => {
    const { endpoint, secret, publicKey } = await made(ann, {
      headers: { 'X-Team': 'sales' },
      authentication: { kind: 'BEARER', token: 'hush-hush' },
    })

    expect(endpoint).toMatchObject({
      ownerId: ann.id,
      status: 'ACTIVE',
      headerNames: ['x-team'],
      authenticationKind: 'BEARER',
    })
    expect(secret).toMatch(/^whsec_/)
    expect(publicKey).toBeNull()
    const dumped = JSON.stringify(
      await sql`select row_to_json(e) as e, (select json_agg(s) from webhook_secret s) as s from webhook_endpoint e`,
    )
    for (const hidden of [secret ?? '', 'hush-hush', 'sales'])
      expect(dumped).not.toContain(hidden.replace('whsec_', ''))
  })

  it.each([
    ['url', { url: 'http://10.0.0.1/' }],
    ['url', { url: 'https://user:pw@example.com/' }],
    ['eventTypes', { eventTypes: [] }],
    ['eventTypes', { eventTypes: ['Nothing.updated'] }],
    ['headers', { headers: { 'Webhook-Signature': 'x' } }],
    ['headers', { headers: { Host: 'x' } }],
    ['headers', { headers: { 'content-length': '1' } }],
    ['headers', { headers: { 'x-a': 'a\r\nb: c' } }],
    ['secret', { secret: 'whsec_c2hvcnQ=' }],
    ['secret', { secret: 'abc' }],
    ['secret', { secret: 'whsec_!!' }],
    ['concurrency', { concurrency: 0 }],
    ['schedule', { schedule: [-1] }],
    ['timeoutMs', { timeoutMs: 31_000 }],
    ['onUnknown', { onUnknown: 'GUESS' }],
    ['payload', { payload: { kind: 'NOTHING' } }],
    ['payload', { payload: { kind: 'TEMPLATE', template: '{% nonsense %}' } }],
    ['payload', { payload: { kind: 'SELECTION', operation: '{ nothing }' } }],
    ['payload', { payload: { kind: 'SELECTION', operation: 'mutation M { signOutEverywhere }' } }],
    [
      'authentication',
      { authentication: { kind: 'OAUTH2', tokenUrl: 'http://192.168.0.1/', clientId: 'a', clientSecret: 'b' } },
    ],
    ['certificate', { certificate: { cert: 'x', key: 'y' } }],
  ])('is refused with the place of what is wrong: %s', async (field, input) => {
    expect((await create(ann, input)).error).toMatchObject({ code: 'INVALID', field })
  })

  it('tells which header names are reserved', async () => {
    const { error } = await create(ann, { headers: { 'webhook-id': 'x' } })

    expect(error?.reserved).toEqual(expect.arrayContaining(['webhook-', 'host', 'content-length', 'authorization']))
  })

  it('is refused a filter that cannot be asked of every module it is about', async () => {
    expect((await create(ann, { filter: { nothing: { eq: 1 } } })).error).toMatchObject({ code: 'INVALID' })
    expect((await create(ann, { filter: { name: { like: 'A%' } } })).error).toBeUndefined()
  })

  it('is seen and managed by its owner and administrators, and is no endpoint to others', async () => {
    const { endpoint } = await made(ann)
    const find = 'query ($id: ID!) { webhookEndpoint(id: $id) { id } }'

    expect((await run(ann, find, endpoint)).data).toEqual({ webhookEndpoint: { id: endpoint.id } })
    expect((await run(bob, find, endpoint)).data).toEqual({ webhookEndpoint: { id: endpoint.id } })
    expect((await run(eve, find, endpoint)).data).toEqual({ webhookEndpoint: null })
    for (const { error } of [await update(eve, endpoint.id, { description: 'x' }), await rotate(eve, endpoint.id)])
      expect(error).toMatchObject({ code: 'NOT_FOUND' })
    const others = await run(eve, 'query ($id: ID!) { webhookDeliveries(endpointId: $id) { nodes { id } } }', endpoint)
    expect(others.error).toMatchObject({ code: 'NOT_FOUND' })
    expect((await create(eve, { ownerId: ann.id })).error).toMatchObject({ code: 'FORBIDDEN' })
    expect((await made(bob, { ownerId: ann.id })).endpoint.ownerId).toBe(ann.id)
  })

  it('keeps what is not changed, and rises by a revision with each change', async () => {
    const { endpoint } = await made(ann, { authentication: { kind: 'BASIC', username: 'a', password: 'b' } })

    await update(ann, endpoint.id, { url: 'https://other.example/', headers: { a: 'b' } })

    const [row] =
      await sql`select url, revision, event_types, authentication is not null as kept from webhook_endpoint where id = ${endpoint.id}`
    expect(row).toEqual({ url: 'https://other.example/', revision: 2, event_types: ['Accounts.*'], kept: true })
  })

  it('leaves entries in the audit trail, without anything secret', async () => {
    const { endpoint } = await made(ann, { url: 'https://receiver.example/path-with-token' })
    await rotate(ann, endpoint.id)
    await run(ann, 'mutation ($id: ID!) { deleteWebhookEndpoint(id: $id) }', endpoint)

    const rows = await sql<
      { action: string }[]
    >`select action, before, after from audit_entry where subject_id = ${endpoint.id} order by seq`
    expect(rows.map(({ action }) => action)).toEqual(['webhook.created', 'webhook.rotated', 'webhook.deleted'])
    expect(JSON.stringify(rows)).not.toMatch(/path-with-token|whsec/)
  })

  it('goes with all that is its own', async () => {
    const { endpoint } = await made(ann)
    await aDelivery(endpoint.id, {})
    await run(ann, 'mutation ($id: ID!) { deleteWebhookEndpoint(id: $id) }', endpoint)

    for (const table of ['webhook_secret', 'webhook_health', 'webhook_delivery'])
      expect(await sql`select from ${sql(table)} where endpoint_id = ${endpoint.id}`).toHaveLength(0)
  })
})

describe('a secret', () => {
  it('is replaced while the one before still signs; five old ones at most', async () => {
    const { endpoint } = await made(ann)
    for (let n = 0; n < 5; n++) expect((await rotate(ann, endpoint.id)).error).toBeUndefined()

    expect((await rotate(ann, endpoint.id)).error).toMatchObject({ code: 'CONFLICT' })
    expect((await secretsOf(ann, endpoint.id)).map(({ expiresAt }) => expiresAt !== null)).toEqual([
      false,
      true,
      true,
      true,
      true,
      true,
    ])
    await sql`update webhook_secret set expires_at = '2000-01-01' where id = (select id from webhook_secret
      where endpoint_id = ${endpoint.id} and expires_at is not null limit 1)`
    expect((await rotate(ann, endpoint.id)).error).toBeUndefined()
  })

  it('can be a key pair, of which only the public key leaves the house, also at its JWKS address', async () => {
    const { endpoint } = await made(ann)
    const { data } = await rotate(ann, endpoint.id, { signing: 'V1A' })

    const shown = data?.rotateWebhookSecret as unknown as { secret: null; publicKey: string }
    expect(shown).toEqual({ secret: null, publicKey: expect.stringMatching(/^whpk_/) as string })
    expect((await secretsOf(ann, endpoint.id)).map(({ signing }) => signing)).toEqual(['V1A', 'V1'])
    const { keys } = (await (await fetch(`${house.url}/webhooks/${endpoint.id}/jwks.json`)).json()) as {
      keys: { x: string; kty: string }[]
    }
    expect(keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' }])
    expect(Buffer.from(keys[0]?.x ?? '', 'base64url').toString('base64')).toBe(shown.publicKey.slice(5))
  })
})

describe('an endpoint that is not active', () => {
  it('is paused and enabled by a person, who says what it gets of the time between', async () => {
    const { endpoint } = await made(ann)
    const paused = await run(ann, 'mutation ($id: ID!) { pauseWebhookEndpoint(id: $id) { status } }', endpoint)
    expect(paused.data).toEqual({ pauseWebhookEndpoint: { status: 'PAUSED' } })
    const [one, two] = [await aDelivery(endpoint.id, {}), await aDelivery(endpoint.id, { state: 'HELD' })]

    const test = await run(ann, 'mutation ($id: ID!) { testWebhookEndpoint(id: $id) }', endpoint)
    expect(test.error).toMatchObject({ code: 'CONFLICT', mutation: 'enableWebhookEndpoint' })
    const again = await run(ann, 'mutation ($id: ID!) { sendWebhookDelivery(id: $id) { id } }', { id: two })
    expect(again.error).toMatchObject({ code: 'CONFLICT' })

    const enabled = await run(
      ann,
      'mutation ($id: ID!) { enableWebhookEndpoint(id: $id, recovery: NONE) { status } }',
      endpoint,
    )
    expect(enabled.data).toEqual({ enableWebhookEndpoint: { status: 'ACTIVE' } })
    expect(await statesOf(one, two)).toEqual(['DISCARDED recovery', 'HELD '])
    expect(await sql`select recovery from webhook_health where endpoint_id = ${endpoint.id}`).toEqual([
      { recovery: 'NONE' },
    ])
  })
})

let position = 0

/** A delivery as the engine leaves it, of an event that is in the log. */
async function aDelivery(
  endpoint: string,
  row: object,
  { module = 'Accounts', recordId = randomUUID() } = {},
): Promise<string> {
  const at = new Date().toISOString()
  const origin = sql.json({ userId: '1', requestId: 't' })
  const [event] = await sql<{ id: string; position: string; at: string }[]>`
    insert into event_log (at, type, module, record_id, sequence, after, origin)
    values (${at}, 'Accounts.created', ${module}, ${recordId}, ${++position}, '{"name":"x"}', ${origin}) returning id, position, at`
  const [made] = await sql<{ id: string }[]>`insert into webhook_delivery ${sql({
    ...{
      endpoint_id: endpoint,
      event_id: event?.id,
      position: event?.position,
      event_at: event?.at,
      event_type: 'Accounts.created',
    },
    ...{ module, record_id: recordId, state: 'DUE', next_at: at, created_at: at },
    ...row,
  } as never)} returning id::text`
  return made?.id ?? ''
}

async function statesOf(...ids: readonly string[]) {
  const rows = await sql<{ id: string; state: string }[]>`
    select id::text, state || ' ' || coalesce(reason, '') as state from webhook_delivery where id = any (${[...ids]}::bigint[])`
  return ids.map(id => rows.find(row => row.id === id)?.state)
}

describe('deliveries', () => {
  const list = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $filter: WebhookDeliveryFilter) {
    webhookDeliveries(endpointId: $id, first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      nodes { id state recordId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
  type Listed = {
    nodes: { id: string; state: string; recordId: string | null }[]
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  }
  const page = async (person: Person, variables: object) =>
    (await run(person, list, variables)).data?.webhookDeliveries as unknown as Listed

  it('are paged forwards and back without a gap or a repeat', async () => {
    const { endpoint } = await made(bob)
    const ids: string[] = []
    for (let n = 0; n < 25; n++)
      ids.unshift(await aDelivery(endpoint.id, n % 5 === 0 ? { state: 'DEAD', reason: 'exhausted' } : {}))

    const forth: string[] = []
    let after: string | undefined
    let last: Listed['pageInfo'] | undefined
    do {
      const { nodes, pageInfo } = await page(bob, { ...endpoint, first: 7, after })
      forth.push(...nodes.map(({ id }) => id))
      after = pageInfo.endCursor
      last = pageInfo
    } while (last.hasNextPage)
    expect(forth).toEqual(ids)

    const back = await page(bob, { ...endpoint, last: 10, before: after })
    expect(back.nodes.map(({ id }) => id)).toEqual(ids.slice(14, 24))
    expect(back.pageInfo.hasPreviousPage).toBe(true)
    const dead = await page(bob, { ...endpoint, filter: { states: ['DEAD'] }, first: 3 })
    expect(dead.nodes.map(({ id }) => id)).toEqual(ids.filter((_, n) => (24 - n) % 5 === 0).slice(0, 3))
    expect((await page(bob, { ...endpoint, filter: { to: '2001-01-01' } })).nodes).toEqual([])
  })

  it('have cursors that are of use for one endpoint only, and as they were given', async () => {
    const [one, other] = [await made(bob), await made(bob)]
    await aDelivery(one.endpoint.id, {})
    const { pageInfo } = await page(bob, one.endpoint)

    for (const after of [pageInfo.endCursor, 'nonsense', `${pageInfo.endCursor.slice(0, -4)}AAAA`])
      expect((await run(bob, list, { ...other.endpoint, after })).error).toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('do not tell their owner of records out of sight', async () => {
    const zoe = await house.aPerson()
    await house.aRole({ Accounts: { access: 89, view: 75, list: 75 } }, { users: [zoe.id] })
    const { endpoint } = await made(zoe)
    const own = await house.insert('accounts', { name: 'Own', assigned_user_id: zoe.id })
    const other = await house.insert('accounts', { name: 'Other', assigned_user_id: bob.id })
    const ids = [
      await aDelivery(endpoint.id, {}, { recordId: own }),
      await aDelivery(endpoint.id, {}, { recordId: other }),
      await aDelivery(endpoint.id, { state: 'DISCARDED', reason: 'unseen' }, { recordId: other }),
    ]

    const seen = await page(zoe, endpoint)
    expect(seen.nodes.map(({ id, recordId }) => [id, recordId])).toEqual([
      [ids[1], null],
      [ids[0], own],
    ])
    expect((await page(zoe, { ...endpoint, filter: { recordId: other } })).nodes).toEqual([])
    expect((await page(bob, { ...endpoint, filter: { recordId: other } })).nodes).toHaveLength(2)
  })

  const count = async (person: Person, variables: object) =>
    (
      await run(
        person,
        `query ($id: ID!, $deed: WebhookDeed!, $filter: WebhookDeliveryFilter) {
      countWebhookDeliveries(endpointId: $id, deed: $deed, filter: $filter) }`,
        variables,
      )
    ).data?.countWebhookDeliveries as unknown as number
  const deed = (person: Person, variables: object) =>
    run(
      person,
      `mutation ($id: ID!, $deed: WebhookDeed!, $filter: WebhookDeliveryFilter, $count: Int!) {
      doToWebhookDeliveries(endpointId: $id, deed: $deed, filter: $filter, count: $count) }`,
      variables,
    )

  it('are redriven in bulk: counted first, as many done as were counted, and none by a second press', async () => {
    const { endpoint } = await made(bob)
    const dead = [
      await aDelivery(endpoint.id, { state: 'DEAD', tries: 11 }),
      await aDelivery(endpoint.id, { state: 'DEAD' }),
    ]
    const done = await aDelivery(endpoint.id, { state: 'DELIVERED' })
    const wanted = { ...endpoint, deed: 'REDRIVE', filter: { states: ['DEAD'] } }

    expect(await count(bob, wanted)).toBe(2)
    expect((await deed(bob, { ...wanted, count: 3 })).error).toMatchObject({ code: 'CONFLICT', count: 2 })
    expect((await deed(bob, { ...wanted, count: 2 })).data).toEqual({ doToWebhookDeliveries: 2 })
    expect((await deed(bob, { ...wanted, count: 2 })).error).toMatchObject({ code: 'CONFLICT', count: 0 })
    expect(await statesOf(...dead, done)).toEqual(['DUE ', 'DUE ', 'DELIVERED '])
    expect(
      await sql`select max(tries) as tries from webhook_delivery where endpoint_id = ${endpoint.id} and state = 'DUE'`,
    ).toEqual([{ tries: 0 }])
  })

  it('are replayed as the next generation, which says whom it repeats and by whom it was wanted', async () => {
    const { endpoint } = await made(bob)
    const done = await aDelivery(endpoint.id, { state: 'DELIVERED' })
    const wanted = { ...endpoint, deed: 'REPLAY', filter: {}, count: 1 }

    expect((await deed(bob, wanted)).data).toEqual({ doToWebhookDeliveries: 1 })
    expect((await deed(bob, wanted)).error).toMatchObject({ code: 'CONFLICT', count: 0 })
    const rows = await sql`select generation, state, replay_of::text as of, replayed_by as by from webhook_delivery
      where endpoint_id = ${endpoint.id} order by generation`
    expect(rows).toEqual([
      { generation: 0, state: 'DELIVERED', of: null, by: null },
      { generation: 1, state: 'DUE', of: done, by: bob.id },
    ])
  })

  it('that are forgotten cannot be sent again, and say so', async () => {
    const { endpoint } = await made(bob)
    const id = await aDelivery(endpoint.id, { state: 'DEAD', event_id: 1, position: 0 })

    const shown = await run(bob, 'query ($id: ID!) { webhookDelivery(id: $id) { isEventKept state } }', { id })
    expect(shown.data).toEqual({ webhookDelivery: { isEventKept: false, state: 'DEAD' } })
    const again = await run(bob, 'mutation ($id: ID!) { sendWebhookDelivery(id: $id) { id } }', { id })
    expect(again).toMatchObject({ error: { code: 'CONFLICT' }, message: expect.stringContaining('not kept') as string })
  })

  it.each([
    ['SEND', 'DUE '],
    ['DELIVERED', 'DELIVERED decided'],
    ['DISCARD', 'DISCARDED discarded'],
  ])('of which nobody knows whether they arrived are decided by a person: %s', async (decision, state) => {
    const { endpoint } = await made(bob)
    const lane = { lane: 'Accounts a' }
    const held = await aDelivery(endpoint.id, { state: 'HELD', reason: 'unknown_outcome', ...lane })
    const next = await aDelivery(endpoint.id, { state: 'WAITING', ...lane })
    const decide =
      'mutation ($id: ID!, $decision: WebhookDecision!) { decideWebhookDelivery(id: $id, decision: $decision) { state } }'

    expect((await run(bob, decide, { id: held, decision })).error).toBeUndefined()

    expect(await statesOf(held, next)).toEqual([state, decision === 'SEND' ? 'WAITING ' : 'DUE '])
    expect((await run(bob, decide, { id: held, decision })).error).toMatchObject({ code: 'CONFLICT' })
  })

  it('are recovered since a moment, unless some of that time is forgotten', async () => {
    const { endpoint } = await made(bob)
    const dead = await aDelivery(endpoint.id, { state: 'DEAD' })
    const recover = 'mutation ($id: ID!, $since: String!) { recoverWebhookDeliveries(endpointId: $id, since: $since) }'

    expect((await run(bob, recover, { ...endpoint, since: '2099-01-01' })).data).toEqual({
      recoverWebhookDeliveries: 0,
    })
    expect((await run(bob, recover, { ...endpoint, since: '2020-01-01' })).data).toEqual({
      recoverWebhookDeliveries: 1,
    })
    expect(await statesOf(dead)).toEqual(['DUE '])
    await sql`update event_stream set forgotten_position = 1`
    expect((await run(bob, recover, { ...endpoint, since: '2020-01-01' })).error).toMatchObject({ code: 'INVALID' })
    await sql`update event_stream set forgotten_position = 0`
  })
})

describe('a preview', () => {
  const preview = (person: Person, variables: object) =>
    run(
      person,
      `query ($payload: JSON, $eventTypes: [String!], $eventId: ID) {
      previewWebhook(payload: $payload, eventTypes: $eventTypes, eventId: $eventId) { eventId contentType body bytes isLarge isCutToThin } }`,
      variables,
    )

  it('is the message of a past event, with the rights of who asks', async () => {
    const id = await house.insert('contacts', { last_name: 'Lee', description: 'secret' })
    await house.graph(
      bob,
      'mutation ($id: ID!) { updateContact(id: $id, input: { last_name: "Lee-Ann", title: "CEO" }) { id } }',
      { id },
    )
    const mia = await house.aPerson()
    const role = await house.aRole({}, { users: [mia.id] })
    await house.hideField(role, 'Contacts', 'title', 'NONE')
    const wanted = { payload: { kind: 'FULL' }, eventTypes: ['Contacts.updated'] }

    const [whole, part] = [await preview(bob, wanted), await preview(mia, wanted)]

    const bodyOf = ({ data }: typeof whole) => (data?.previewWebhook as unknown as { body: string }).body
    expect(bodyOf(whole)).toContain('CEO')
    expect(bodyOf(part)).toContain('Lee-Ann')
    expect(bodyOf(part)).not.toContain('CEO')
  })

  it('tells what is wrong with a template, which cannot be saved either', async () => {
    const payload = {
      kind: 'TEMPLATE',
      template: '{"name": 1}',
      outputSchema: { type: 'object', properties: { name: { type: 'string' } } },
    }

    const seen = await preview(bob, { payload, eventTypes: ['Contacts.updated'] })
    expect(seen).toMatchObject({
      error: { code: 'INVALID', field: 'payload' },
      message: expect.stringContaining('/name') as string,
    })
    expect((await create(bob, { payload, eventTypes: ['Contacts.updated'] })).error).toMatchObject({
      code: 'INVALID',
      field: 'payload',
    })
  })

  it('of nothing that has happened is none', async () => {
    expect((await preview(bob, { eventTypes: ['Bugs.deleted'] })).error).toMatchObject({ code: 'NOT_FOUND' })
    expect((await preview(bob, { eventId: '999999999' })).error).toMatchObject({ code: 'NOT_FOUND' })
  })
})

it('a test is an event for one endpoint alone', async () => {
  const { endpoint } = await made(ann)
  const { data } = await run(ann, 'mutation ($id: ID!) { testWebhookEndpoint(id: $id) }', endpoint)

  const rows = await sql`select id::text, type, record_id from event_log where type = 'webhooks.endpoint.tested'`
  expect(rows).toEqual([{ id: data?.testWebhookEndpoint, type: 'webhooks.endpoint.tested', record_id: endpoint.id }])
})

it('a token without the scope may not', async () => {
  const [client] = await sql<{ id: string }[]>`select id from oauth2clients limit 1`
  const secret = 'another secret'
  const id = randomUUID()
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(secret))).toString('hex')
  await sql`insert into oauth2clients ${sql({ id, name: 'narrow', secret: hash, allowed_grant_type: 'client_credentials', is_confidential: true, assigned_user_id: bob.id })}`
  await sql`insert into api_client_settings ${sql({ client_id: id, scopes: ['webhooks:read', 'records:read'] })}`
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret })
  const { access_token } = (await (await fetch(`${house.url}/Api/access_token`, { method: 'POST', body })).json()) as {
    access_token: string
  }
  const narrow = { ...bob, token: access_token }

  expect(client).toBeTruthy()
  expect((await run(narrow, '{ webhookEndpoints { id } }')).error).toBeUndefined()
  expect((await create(narrow, {})).error).toMatchObject({ code: 'FORBIDDEN' })
})
