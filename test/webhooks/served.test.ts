import { randomUUID } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import { newSecretText } from '../../subgraphs/webhooks/signing/secret-text.ts'
import { sealedPlace } from '../../subgraphs/webhooks/prepared-endpoint.ts'
import { openSecrets } from '../../drizzle/secrets.ts'
import { servedHouse } from '../gateway/served.ts'
import { openReceiver } from './receiver.ts'

const SECRET_KEY = randomUUID()
const secret = newSecretText('v1')
const receiver = await openReceiver(secret)
afterAll(() => receiver.close())
const house = await servedHouse({ settings: { SECRET_KEY, OUTGOING_ALLOW: '127.0.0.1', OUTGOING_HTTPS: 'optional' } })
const { sql, users, graphql } = house

async function anEndpoint(path: string, userId: string, scopes: string | string[]) {
  const id = randomUUID()
  const secretId = randomUUID()
  const at = new Date().toISOString()
  const principal = { kind: 'user', userId, userName: 'owner', isAdmin: true, scopes, dateStyle: {} }
  const sealed = openSecrets({ secretKey: SECRET_KEY, dataDir: '' }).seal(secret, sealedPlace.secret(secretId))
  await sql`insert into webhook_secret ${sql({ id: secretId, endpoint_id: id, kind: 'v1', sealed, created_at: at })}`
  await sql`insert into webhook_endpoint ${sql({
    ...{ id, url: receiver.url(path), user_id: userId, event_types: ['Accounts.*'], created_at: at, updated_at: at },
    principal: sql.json(principal),
    payload: sql.json({ kind: 'CHANGES' }),
  })}`
  return id
}

it('a change through an API is signed and delivered by a served house, and not to who may not see it', async () => {
  const id = await anEndpoint('/ada', users.ada, 'all')
  const narrow = await anEndpoint('/ben', users.ben, ['records:read:Contacts'])
  const name = `Acme ${randomUUID()}`
  const { errors } = await graphql('mutation ($name: String!) { createAccount(input: { name: $name }) { id } }', {
    name,
  })
  expect(errors).toBeUndefined()

  await expect.poll(() => receiver.to('/ada')).toHaveLength(1)
  const [request] = receiver.to('/ada')
  expect(request?.isVerified).toBe(true)
  expect(request?.text).toContain(name)
  const deliveriesOf = (endpoint: string) =>
    sql`select state, reason from webhook_delivery where endpoint_id = ${endpoint}`
  await expect.poll(() => deliveriesOf(id)).toEqual([{ state: 'DELIVERED', reason: null }])
  await expect.poll(() => deliveriesOf(narrow)).toEqual([{ state: 'DISCARDED', reason: 'unseen' }])
  expect(receiver.to('/ben')).toEqual([])

  const metrics = await (await fetch(`${house.url}/metrics`)).text()
  expect(metrics).toMatch(/switchyard_webhook_attempts_total\{outcome="delivered"\} [1-9]/)
})
