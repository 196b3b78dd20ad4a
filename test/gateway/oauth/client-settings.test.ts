import { expect, it } from 'vitest'
import { identityHouse, tokenIn, type Client } from './setup.ts'

const house = await identityHouse()
const ann = await house.aUser('ann')
const signIn = (client: Client) =>
  house.token({ grant_type: 'password', username: ann.name, password: ann.password, ...client })

it('gives a client that came from SuiteCRM its grant and every scope', async () => {
  const imported = await house.aClient('password')

  const answer = await signIn(imported)

  expect(await house.who(tokenIn(answer))).toMatchObject({ kind: 'ok', principal: { scopes: 'all' } })
})

it('gives the password grant to a client of ours only when it was switched on', async () => {
  const without = await house.aClient('password', {}, { password_grant: false, token_format: 'legacy' })
  const withIt = await house.aClient('password', {}, { password_grant: true, token_format: 'legacy' })

  expect(await signIn(without)).toMatchObject({ status: 401, json: { error: 'invalid_client' } })
  expect(await signIn(withIt)).toMatchObject({ status: 200 })
})

it('narrows a principal to the scopes of its client, at once when they change', async () => {
  const client = await house.aClient(
    'password',
    {},
    { password_grant: true, token_format: 'legacy', scopes: ['records:read', 'logs:read'] },
  )
  const token = tokenIn(await signIn(client))
  expect(await house.who(token)).toMatchObject({ kind: 'ok', principal: { scopes: ['records:read', 'logs:read'] } })

  await house.sql`update api_client_settings set scopes = '{logs:read}' where client_id = ${client.client_id}`
  await house.identity.notices.send({ kind: 'client', id: client.client_id })

  expect(await house.who(token)).toMatchObject({ kind: 'ok', principal: { scopes: ['logs:read'] } })
})
