import { createServer } from 'node:http'
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEventLog, type StoredEvent } from '../../drizzle/event-log.ts'
import { openSecrets } from '../../drizzle/secrets.ts'
import { webhookMessages } from '../../gateway/webhooks/messages.ts'
import type { Payload } from '../../subgraphs/webhooks/payload.ts'
import { sealedPlace } from '../../subgraphs/webhooks/prepared-endpoint.ts'
import { newSecretText } from '../../subgraphs/webhooks/signing/secret-text.ts'
import { permissionHouse } from '../permission/house.ts'

const house = await permissionHouse()
const { sql } = house
const secrets = openSecrets({ secretKey: 'x'.repeat(32), dataDir: '' })
const log = await openEventLog({ url: house.databaseUrl })
afterAll(() => log.close())
const rules = { allow: ['127.0.0.1'], isHttpsRequired: false }
const failures: unknown[] = []
const now = { at: Date.now() }
const outside = {
  ...{ secrets, rules, publicUrl: 'https://crm.example' },
  ask: (...given: Parameters<typeof house.graphs.current.runPrepared>) => house.graphs.current.runPrepared(...given),
}
const here = {
  ...{ pool: sql, outside, filesDir: '', now: () => new Date(now.at), passwords: {} as never },
  get catalog() {
    return house.graphs.current.catalog
  },
}
const messages = webhookMessages(
  () => Promise.resolve(here),
  here,
  error => void failures.push(error),
)
afterAll(() => messages.close())

const ann = await house.aPerson()
const bob = await house.aPerson({ isAdmin: true })

type Options = {
  readonly owner?: { readonly id: string }
  readonly headers?: Readonly<Record<string, string>>
  readonly authentication?: unknown
  readonly scopes?: 'all' | readonly string[]
}

async function anEndpoint(payload: Payload, { owner = bob, headers, authentication, scopes = 'all' }: Options = {}) {
  const id = randomUUID()
  const secretId = randomUUID()
  const secret = newSecretText('v1')
  const principal = { kind: 'user', userId: owner.id, userName: 'owner', isAdmin: false, scopes, dateStyle: {} }
  const at = new Date(now.at).toISOString()
  await sql`insert into webhook_endpoint ${sql({
    ...{
      id,
      url: 'https://receiver.example/hook',
      user_id: owner.id,
      event_types: ['*'],
      created_at: at,
      updated_at: at,
    },
    principal: sql.json(principal),
    payload: sql.json(payload as never),
    headers: headers ? secrets.seal(JSON.stringify(headers), sealedPlace.headers(id)) : null,
    authentication: authentication
      ? secrets.seal(JSON.stringify({ authentication }), sealedPlace.authentication(id))
      : null,
  })}`
  const sealed = secrets.seal(secret, sealedPlace.secret(secretId))
  await sql`insert into webhook_secret ${sql({ id: secretId, endpoint_id: id, kind: 'v1', sealed, created_at: at })}`
  return { id, revision: 1, secret }
}

const attempt = { id: '7', generation: 0, attempt: 1, isPreviousUnknown: false, isTest: false }

async function make(endpoint: { id: string; revision: number }, event: StoredEvent, delivery = attempt) {
  const [message] = await messages.make([{ endpoint, delivery, event }])
  if (!message) throw new Error('no message')
  return message
}

async function sent(endpoint: { id: string; revision: number }, event: StoredEvent, delivery = attempt) {
  const message = await make(endpoint, event, delivery)
  if (message.kind !== 'request') throw new Error(JSON.stringify(message))
  return {
    ...message,
    json: JSON.parse(message.body.toString()) as { data: Record<string, object> },
  }
}

/** The events of a change by bob. */
async function changing(work: () => Promise<unknown>): Promise<StoredEvent[]> {
  const from = await log.now()
  await work()
  const ending = new AbortController()
  for await (const events of log.follow(from, ending.signal)) {
    ending.abort()
    return [...events]
  }
  throw new Error('the log has ended')
}

const account = await house.insert('accounts', {
  name: 'Acme',
  industry: 'Retail',
  assigned_user_id: ann.id,
  annual_revenue: '1',
})
const update = (input: object, id = account) =>
  house.graph(bob, 'mutation ($id: ID!, $input: AccountInput!) { updateAccount(id: $id, input: $input) { id } }', {
    id,
    input,
  })
const [renamed] = await changing(() => update({ name: 'Acme Ltd' }))
if (!renamed) throw new Error('no event')

describe('a message', () => {
  it('tells what has changed, signed over the very bytes that are sent', async () => {
    const endpoint = await anEndpoint({ kind: 'CHANGES' })

    const { url, headers, body, json } = await sent(endpoint, renamed)

    expect(url).toBe('https://receiver.example/hook')
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': String(renamed.id),
      'webhook-attempt': '1',
    })
    expect(new Webhook(endpoint.secret).verify(body.toString(), headers)).toMatchObject({ type: 'Accounts.updated' })
    expect(json).toMatchObject({
      type: 'Accounts.updated',
      data: {
        record: { module: 'Accounts', id: account },
        changes: { name: { old: 'Acme', new: 'Acme Ltd' } },
        url: `https://crm.example/Api/V8/module/Accounts/${account}`,
      },
    })
    expect(Object.keys(json.data.changes ?? {}).sort()).toEqual(['date_modified', 'modified_user_id', 'name'])
  })

  it('keeps its id over attempts and replays, and says which one it is', async () => {
    const endpoint = await anEndpoint({ kind: 'THIN' })

    const first = await sent(endpoint, renamed)
    const again = await sent(endpoint, renamed, { ...attempt, attempt: 2, isPreviousUnknown: true, generation: 1 })

    expect(again.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(again.headers).toMatchObject({
      'webhook-attempt': '2',
      'webhook-replay': '1',
      'webhook-previous-outcome': 'unknown',
    })
    expect(first.headers).not.toHaveProperty('webhook-replay')
    expect(first.json.data).toEqual({
      ...{
        id: String(renamed.id),
        version: 1,
        sequence: renamed.sequence,
        record: { module: 'Accounts', id: account },
      },
      url: `https://crm.example/Api/V8/module/Accounts/${account}`,
    })
  })

  it('has the whole record as it is now, with values as the APIs write them', async () => {
    const { json } = await sent(await anEndpoint({ kind: 'FULL' }), renamed)
    const { data } = await house.graph(
      bob,
      '{ account(id: "' + account + '") { name industry annual_revenue date_entered assigned_user_name } }',
    )

    expect(json.data.current).toMatchObject(data?.account as object)
    expect(json.data.current).toHaveProperty('phone_office', null)
  })

  it('has what a query of the graph answers, with the rights of the owner', async () => {
    const operation = 'query Told($id: ID!) { account(id: $id) { name assigned_user_name } me { id } }'

    const { json } = await sent(await anEndpoint({ kind: 'SELECTION', operation }, { owner: ann }), renamed)

    expect(json.data.selection).toMatchObject({ account: { name: 'Acme Ltd' }, me: { id: ann.id } })
  })

  it('is what a template makes, and the old value stands beside the new', async () => {
    const template =
      '{"was": {{ old.name | json }}, "is": {{ record.name | json }}, "n": 9007199254740993, "changed": {{ changed | size }}}'
    const endpoint = await anEndpoint({ kind: 'TEMPLATE', template, mediaType: 'application/vnd.acme+json' })

    const { body, headers } = await sent(endpoint, renamed)

    expect(body.toString()).toBe('{"was": "Acme", "is": "Acme Ltd", "n": 9007199254740993, "changed": 3}')
    expect(headers['content-type']).toBe('application/vnd.acme+json')
    expect(new Webhook(endpoint.secret).verify(body.toString(), headers)).toBeTruthy()
  })

  it.each([
    ['is no JSON', '{{ old.name }}', undefined],
    ['does not fit its schema', '{"n": 1}', { type: 'object', required: ['name'] }],
    ['loops for ever', '{% for i in (1..100000000) %}x{% endfor %}', undefined],
    ['reads a file', '{% include "/etc/passwd" %}', undefined],
  ])('is not made, now or later, by a template whose outcome %s', async (_what, template, outputSchema) => {
    const endpoint = await anEndpoint({ kind: 'TEMPLATE', template, mediaType: 'application/json', outputSchema })

    expect(await make(endpoint, renamed)).toMatchObject({ kind: 'failed', outcome: 'template_error', mayRetry: false })
  })

  it('tells a template nothing that is not of the values themselves', async () => {
    const template = '"{{ record.constructor.name }}{{ record.__proto__ }}{{ event.toString }}"'

    const { body } = await sent(
      await anEndpoint({ kind: 'TEMPLATE', template, mediaType: 'application/json' }),
      renamed,
    )

    expect(body.toString()).toBe('""')
  })

  it('that is too large is a thin one', async () => {
    const [long] = await changing(async () => {
      await sql`update accounts set description = ${'x'.repeat(300_000)} where id = ${account}`
      await update({ industry: 'Energy' })
    })

    const { isCutToThin, json } = await sent(await anEndpoint({ kind: 'FULL' }), long ?? renamed)

    expect(isCutToThin).toBe(true)
    expect(json.data).toHaveProperty('url')
    expect(json.data).not.toHaveProperty('current')
    await sql`update accounts set description = null where id = ${account}`
  })

  it('is a CloudEvent, whole or in headers', async () => {
    const structured = await sent(await anEndpoint({ kind: 'CHANGES', cloudEvents: 'STRUCTURED' }), renamed)
    const binary = await sent(await anEndpoint({ kind: 'CHANGES', cloudEvents: 'BINARY' }), renamed)

    expect(structured.headers['content-type']).toBe('application/cloudevents+json')
    expect(structured.json).toMatchObject({
      ...{ specversion: '1.0', id: String(renamed.id), source: 'https://crm.example', type: 'Accounts.updated' },
      ...{ subject: `Accounts/${account}`, datacontenttype: 'application/json', data: { id: String(renamed.id) } },
    })
    expect(binary.headers).toMatchObject({
      'ce-specversion': '1.0',
      'ce-type': 'Accounts.updated',
      'content-type': 'application/json',
    })
    expect(binary.json).toEqual(structured.json.data)
  })

  it('has the headers that the owner wants', async () => {
    const { headers } = await sent(await anEndpoint({ kind: 'THIN' }, { headers: { 'x-team': 'sales' } }), renamed)

    expect(headers['x-team']).toBe('sales')
  })

  it('is not made for an endpoint that has gone', async () => {
    expect(await make({ id: randomUUID(), revision: 1 }, renamed)).toEqual({ kind: 'unseen' })
  })
})

describe('the rights of the owner', () => {
  let theirs = randomUUID()
  beforeAll(async () => {
    const role = await house.aRole({ Accounts: { access: 89, view: 75, list: 75 } }, { users: [ann.id] })
    await house.hideField(role, 'Accounts', 'industry', 'NONE')
    theirs = await house.insert('accounts', { name: 'Other', assigned_user_id: bob.id })
  })

  it.each<Payload>([
    { kind: 'CHANGES' },
    { kind: 'FULL' },
    {
      kind: 'TEMPLATE',
      template: '[{{ event | json }},{{ old | json }},{{ new | json }},{{ record | json }}]',
      mediaType: 'application/json',
    },
    { kind: 'SELECTION', operation: 'query Told($id: ID!) { account(id: $id) { name industry } }' },
  ])('keep a hidden field out of $kind', async payload => {
    const [event] = await changing(() => update({ industry: 'Banking', name: `Acme ${payload.kind}` }))

    const { body } = await sent(await anEndpoint(payload, { owner: ann }), event ?? renamed)

    expect(body.toString()).toContain(`Acme ${payload.kind}`)
    expect(body.toString()).not.toMatch(/Banking|Energy/)
  })

  it('leave nothing to tell of a change of nothing but hidden fields, or of records out of reach', async () => {
    const endpoint = await anEndpoint({ kind: 'CHANGES' }, { owner: ann })
    const [hidden] = await changing(() => update({ industry: 'Media' }))
    const [other] = await changing(() => update({ name: 'Else' }, theirs))

    expect(await make(endpoint, hidden ?? renamed)).toEqual({ kind: 'unseen' })
    expect(await make(endpoint, other ?? renamed)).toEqual({ kind: 'unseen' })
  })

  it('end with the scopes that the endpoint was made with', async () => {
    const endpoint = await anEndpoint({ kind: 'CHANGES' }, { scopes: ['webhooks:write', 'records:read:Contacts'] })

    expect(await make(endpoint, renamed)).toEqual({ kind: 'unseen' })
  })

  it('end with the owner', async () => {
    const eve = await house.aPerson()
    const endpoint = await anEndpoint({ kind: 'CHANGES' }, { owner: eve })
    await sql`update users set status = 'Inactive' where id = ${eve.id}`

    expect(await make(endpoint, renamed)).toMatchObject({ kind: 'failed', outcome: 'policy_blocked', mayRetry: false })
  })

  it('are judged once for each event of a batch, whatever else is in it', async () => {
    const [mine, not] = [await anEndpoint({ kind: 'THIN' }, { owner: ann }), await anEndpoint({ kind: 'THIN' })]
    const [other] = await changing(() => update({ name: 'Again' }, theirs))
    const due = [mine, not].flatMap(endpoint =>
      [renamed, other ?? renamed].map(event => ({ endpoint, delivery: attempt, event })),
    )

    expect((await messages.make(due)).map(({ kind }) => kind)).toEqual(['request', 'unseen', 'request', 'request'])
  })
})

describe('the receiver is told who calls', () => {
  let asked = 0
  const answers = { status: 200, seconds: 3600 }
  const server = createServer((request, response) => {
    asked += 1
    const basic = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString()
    const body =
      answers.status === 200
        ? { access_token: `t${asked} ${basic}`, expires_in: answers.seconds }
        : { error: 'invalid_client' }
    response.writeHead(answers.status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const listening = new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => void server.close())
  const oauth = async () => {
    await listening
    const { port } = server.address() as AddressInfo
    return {
      kind: 'OAUTH2',
      tokenUrl: `http://127.0.0.1:${port}/token`,
      clientId: 'us',
      clientSecret: 'hush',
      clientAuthentication: 'BASIC',
    }
  }

  it.each([
    [{ kind: 'BASIC', username: 'us', password: 'hush' }, `Basic ${Buffer.from('us:hush').toString('base64')}`],
    [{ kind: 'BEARER', token: 'abc' }, 'Bearer abc'],
  ])('by %j', async (authentication, header) => {
    const { headers } = await sent(await anEndpoint({ kind: 'THIN' }, { authentication }), renamed)

    expect(headers.authorization).toBe(header)
  })

  it('by an access token, which is fetched once, again when it ends, and again when it is refused', async () => {
    const endpoint = await anEndpoint({ kind: 'THIN' }, { authentication: await oauth() })
    const another = webhookMessages(
      () => Promise.resolve(here),
      here,
      error => void failures.push(error),
    )
    const due = { endpoint, delivery: attempt, event: renamed }
    const tokenOf = ([message]: Awaited<ReturnType<typeof messages.make>>) =>
      message?.kind === 'request' ? message.headers.authorization : message

    const first = await Promise.all([messages.make([due]), another.make([due]), messages.make([due, due])])
    expect(first.map(tokenOf)).toEqual(Array(3).fill('Bearer t1 us:hush'))

    now.at += 3_600_000
    expect((await Promise.all([messages.make([due]), another.make([due])])).map(tokenOf)).toEqual(
      Array(2).fill('Bearer t2 us:hush'),
    )

    expect(messages.unauthorized(endpoint.id)).toBe(true)
    expect(tokenOf(await messages.make([due]))).toBe('Bearer t3 us:hush')
    expect(tokenOf(await messages.make([due]))).toBe('Bearer t3 us:hush')
    await another.close()
  })

  it('or is not called while there is no token, and the owner is told why', async () => {
    answers.status = 401
    const endpoint = await anEndpoint({ kind: 'THIN' }, { authentication: await oauth() })

    const says = 'No access token was given: the authorization server answered 401: invalid_client'
    expect(await make(endpoint, renamed)).toEqual({ kind: 'failed', outcome: 'auth_error', says, mayRetry: true })
  })
})

it('nothing failed that should not have', () => {
  expect(failures).toEqual([])
})
