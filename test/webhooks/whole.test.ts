import { expect, it } from 'vitest'
import { permissionHouse } from '../permission/house.ts'
import { openReceiver, status } from './receiver.ts'

const house = await permissionHouse({ settings: { OUTGOING_ALLOW: '127.0.0.1', OUTGOING_HTTPS: 'optional' } })
const bob = await house.aPerson({ isAdmin: true })
const receiver = await openReceiver()

const run = async (query: string, variables: object) =>
  (await house.graph(bob, query, variables as never)).data as Record<string, unknown>

/** From the API to the receiver and back, with nothing between that is not the house's own. */
it('a change of a record reaches a receiver, which verifies it, and what was delivered can be replayed', async () => {
  const input = {
    url: receiver.url('/hook'),
    eventTypes: ['Accounts.created'],
    secret: receiver.secret,
    payload: { kind: 'FULL' },
  }
  const { createWebhookEndpoint } = await run(
    'mutation ($input: NewWebhookEndpoint!) { createWebhookEndpoint(input: $input) { endpoint { id } } }',
    { input },
  )
  const { id } = (createWebhookEndpoint as { endpoint: { id: string } }).endpoint

  await run('mutation { createAccount(input: { name: "Acme" }) { id } }', {})

  await expect.poll(() => receiver.to('/hook').length).toBe(1)
  const [first] = receiver.to('/hook')
  expect(first?.isVerified).toBe(true)
  expect(JSON.parse(first?.text ?? '')).toMatchObject({ type: 'Accounts.created', data: { current: { name: 'Acme' } } })

  const deliveries = async () =>
    (
      (
        await run(
          'query ($id: ID!) { webhookDeliveries(endpointId: $id) { nodes { id state generation requests { nodes { number outcome status } } } } }',
          { id },
        )
      ).webhookDeliveries as { nodes: { id: string; state: string; generation: number }[] }
    ).nodes
  await expect
    .poll(deliveries)
    .toMatchObject([{ state: 'DELIVERED', requests: { nodes: [{ number: 1, outcome: 'delivered', status: 204 }] } }])
  const [done] = await deliveries()
  await run('mutation ($id: ID!) { sendWebhookDelivery(id: $id) { id } }', { id: done?.id })
  await expect.poll(() => receiver.to('/hook').length).toBe(2)
  const again = receiver.to('/hook')[1]
  expect([again?.id, again?.headers['webhook-replay'], again?.isVerified]).toEqual([first?.id, '1', true])

  await run('mutation ($id: ID!) { testWebhookEndpoint(id: $id) }', { id })
  await expect.poll(() => receiver.to('/hook').length).toBe(3)
  expect(receiver.to('/hook')[2]).toMatchObject({ isVerified: true, headers: { 'webhook-test': 'true' } })
  await expect.poll(deliveries).toMatchObject([{ state: 'DELIVERED' }, { state: 'DELIVERED' }, { state: 'DELIVERED' }])
  const { webhookEndpoint } = await run('query ($id: ID!) { webhookEndpoint(id: $id) { delivered failed } }', { id })
  expect(webhookEndpoint).toEqual({ delivered: 2, failed: 0 })

  receiver.answer('/hook', status(410))
  await run('mutation { createAccount(input: { name: "Gone" }) { id } }', {})
  const stateOf = async () =>
    (await run('query ($id: ID!) { webhookEndpoint(id: $id) { status statusReason } }', { id })).webhookEndpoint
  await expect.poll(stateOf).toEqual({ status: 'DISABLED', statusReason: 'gone' })
  await receiver.close()
})
