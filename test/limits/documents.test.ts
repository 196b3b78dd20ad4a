import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'
import { run } from '../house/switchyard.ts'

const only = await servedHouse({ settings: { GRAPHQL_DOCUMENTS: 'only' } })
const logging = await servedHouse({ settings: { GRAPHQL_DOCUMENTS: 'log' } })
const dataDir = mkdtempSync(path.join(tmpdir(), 'switchyard-documents-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

type House = typeof only
type Body = { data?: unknown; errors?: { extensions: { code: string } }[] }

const text = 'query Me($with: Boolean = true) { me { user_name id @include(if: $with) } }'
const id = `sha256:${createHash('sha256').update(text).digest('hex')}`

const switchyard = (house: House, ...parameters: string[]) =>
  run(parameters, { environment: { DATABASE_URL: house.databaseUrl, DATA_DIR: dataDir } })

/** Registers as an operator does; the file is a manifest as Apollo's tool writes it. */
async function registered(house: House, client: string) {
  const file = path.join(dataDir, `${client}.json`)
  const operations = [{ id: id.slice('sha256:'.length), name: 'Me', type: 'query', body: text }]
  writeFileSync(file, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }))
  return switchyard(house, 'document', 'register', client, file)
}

async function send(house: House, token: string, body: object) {
  const response = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, ...((await response.json()) as Body) }
}

it('runs only what is registered for the client, by its id or its text', async () => {
  const [{ token, id: client }, other] = [await only.newClient('ben'), await only.newClient('ben')]
  const done = await registered(only, client)

  const byId = await send(only, token, { documentId: id, variables: { with: false } })
  const byHash = await send(only, token, { documentId: id.slice('sha256:'.length) })
  const byText = await send(only, token, { query: text })
  const refused = [
    await send(only, token, { query: '{ me { id } }' }),
    await send(only, token, { query: `${text} ` }),
    await send(only, token, { query: '{ __schema { queryType { name } } }' }),
    await send(only, other.token, { query: text }),
  ]
  const unknown = [
    await send(only, other.token, { documentId: id }),
    await send(only, token, { documentId: 'sha256:0' }),
    await send(only, token, { documentId: id, query: text }),
  ]

  expect(done).toMatchObject({ code: 0, out: `${id}\n` })
  expect(byId.data).toEqual({ me: { user_name: 'ben' } })
  expect([byHash.data, byText.data]).toEqual([byText.data, { me: { user_name: 'ben', id: only.users.ben } }])
  expect(refused.map(({ status, errors }) => [status, errors?.[0]?.extensions.code])).toEqual(
    refused.map(() => [400, 'DOCUMENT_NOT_TRUSTED']),
  )
  expect(unknown.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual([
    'DOCUMENT_NOT_FOUND',
    'DOCUMENT_NOT_FOUND',
    'BAD_REQUEST',
  ])
})

it('takes ids in addresses as well', async () => {
  const { token, id: client } = await only.newClient('ben')
  await registered(only, client)

  const response = await fetch(`${only.url}/graphql?documentId=${encodeURIComponent(id)}`, {
    headers: { authorization: `Bearer ${token}`, 'apollo-require-preflight': 'true' },
  })

  expect(await response.json()).toMatchObject({ data: { me: { user_name: 'ben' } } })
})

it('logs what is not registered where that is wanted, and runs it', async () => {
  const { token, id: client } = await logging.newClient('ben')
  await registered(logging, client)

  const answers = [await send(logging, token, { query: '{ me { id } }' }), await send(logging, token, { query: text })]

  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  const marks = () =>
    logging.lines.filter(line => line.client_id === client && line.door === 'graphql').map(line => line.reason)
  await expect.poll(marks).toEqual(['document not registered', undefined])
})

it('is shown and taken back, by administrators only', async () => {
  const { token, id: client } = await logging.newClient('ben')
  const texts = [text, 'mutation { createAccount(input: {}) { id } }']
  const register = 'mutation ($client: ID!, $texts: [String!]!) { registerDocuments(clientId: $client, texts: $texts) }'
  const { data } = await logging.graphql(register, { client, texts })
  const shown = await switchyard(logging, 'document', 'list', client, '--json')

  const mine = await logging.graphql(register, { client, texts }, 'ben')
  const wrong = await logging.graphql(register, { client, texts: ['{ me {'] })
  const nobody = await logging.graphql(register, { client: 'nobody', texts })
  const removed = await switchyard(logging, 'document', 'remove', client, id)

  expect(data?.registerDocuments).toEqual([id, expect.stringMatching(/^sha256:[0-9a-f]{64}$/)])
  expect(JSON.parse(shown.out)).toMatchObject([{ clientId: client }, { clientId: client }])
  expect([mine, wrong, nobody].map(({ errors }) => errors?.[0]?.extensions.code)).toEqual([
    'FORBIDDEN',
    'INVALID',
    'NOT_FOUND',
  ])
  expect(removed).toMatchObject({ code: 0 })
  const again = async () => (await send(logging, token, { documentId: id })).errors?.[0]?.extensions.code
  await expect.poll(again, { timeout: 5_000 }).toBe('DOCUMENT_NOT_FOUND')
})
