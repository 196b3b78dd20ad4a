import { expect, it } from 'vitest'
import { identityHouse, tokenIn, shown } from './setup.ts'

const house = await identityHouse()
const ann = await house.aUser('ann')
const client = await house.aClient('password')
const signIn = { grant_type: 'password', username: ann.name, password: ann.password, ...client }
const refresh = (refresh_token: string, by = client) =>
  house.token({ grant_type: 'refresh_token', refresh_token, ...by })

/** The last use of a refresh token was `seconds` ago. */
const letPass = (seconds: number) =>
  house.sql`update oauth_entry set consumed_at = consumed_at - ${seconds} * interval '1 second' where model = 'RefreshToken'`

it('answers a new pair and ends the old one at once, in every process', async () => {
  const other = await house.open()
  const first = await house.token(signIn)
  expect(await other.authenticate(shown(`Bearer ${tokenIn(first)}`))).toMatchObject({ kind: 'ok' })

  const second = await refresh(tokenIn(first, 'refresh_token'))

  expect(second.status).toBe(200)
  expect(Object.keys(second.json)).toEqual(['token_type', 'expires_in', 'access_token', 'refresh_token'])
  expect(await house.who(tokenIn(first))).toEqual({ kind: 'denied', hint: 'Access token has been revoked' })
  await expect
    .poll(() => other.authenticate(shown(`Bearer ${tokenIn(first)}`)))
    .toEqual({ kind: 'denied', hint: 'Access token has been revoked' })
  expect(await house.who(tokenIn(second))).toMatchObject({ kind: 'ok', principal: { userId: ann.id } })
  expect(await refresh(tokenIn(second, 'refresh_token'))).toMatchObject({ status: 200 })
})

it('lets exactly one of ten win who refresh at the same time, and the winner lives', async () => {
  const { json } = await house.token(signIn)

  const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(String(json.refresh_token))))

  const won = answers.filter(answer => answer.status === 200)
  expect(won).toHaveLength(1)
  for (const lost of answers.filter(answer => answer.status !== 200)) {
    expect(lost).toMatchObject({ status: 401, json: { error: 'invalid_request', hint: 'Token has been revoked' } })
  }
  expect(await house.who(won.map(answer => tokenIn(answer)).join())).toMatchObject({ kind: 'ok' })
  expect(await refresh(won.map(answer => tokenIn(answer, 'refresh_token')).join())).toMatchObject({ status: 200 })
})

it('refuses a used token; soon after, the new pair lives', async () => {
  const first = await house.token(signIn)
  const second = await refresh(tokenIn(first, 'refresh_token'))

  const reuse = await refresh(tokenIn(first, 'refresh_token'))

  expect(reuse).toMatchObject({ status: 401, json: { error: 'invalid_request', hint: 'Token has been revoked' } })
  expect(await house.who(tokenIn(second))).toMatchObject({ kind: 'ok' })
})

it('takes the reuse of an old token for theft: everything from it ends', async () => {
  const first = await house.token(signIn)
  const second = await refresh(tokenIn(first, 'refresh_token'))
  await letPass(3)

  const reuse = await refresh(tokenIn(first, 'refresh_token'))

  expect(reuse).toMatchObject({ status: 401, json: { hint: 'Token has been revoked' } })
  expect(await house.who(tokenIn(second))).toEqual({ kind: 'denied', hint: 'Access token has been revoked' })
  for (const token of [first, second]) {
    const again = await refresh(tokenIn(token, 'refresh_token'))
    expect(again).toMatchObject({ status: 401, json: { hint: 'Token has been revoked' } })
  }
})

it('serves no other client', async () => {
  const stranger = await house.aClient('password')
  const { json } = await house.token(signIn)

  const answer = await refresh(String(json.refresh_token), stranger)

  expect(answer).toMatchObject({ status: 401, json: { hint: 'Token is not linked to client' } })
  expect(await refresh(String(json.refresh_token))).toMatchObject({ status: 200 })
})

it('gives no scope that was not there', async () => {
  const { json } = await house.token(signIn)

  const wider = await house.token({
    ...client,
    grant_type: 'refresh_token',
    scope: 'admin',
    refresh_token: String(json.refresh_token),
  })

  expect(wider).toMatchObject({ status: 400, json: { error: 'invalid_scope', hint: 'Check the `admin` scope' } })
  expect(await refresh(String(json.refresh_token))).toMatchObject({ status: 200 })
})

it('keeps a login alive for a month after its last refresh, and no longer', async () => {
  const { json } = await house.token(signIn)
  const family = house.sql`(select family from oauth_entry where model = 'RefreshToken' and consumed_at is null order by expires_at desc limit 1)`
  const age = (days: number) =>
    house.sql`update oauth_entry set expires_at = expires_at - ${days} * interval '1 day' where family = ${family}`

  await age(29)
  const later = await refresh(String(json.refresh_token))
  await age(29)
  const muchLater = await refresh(tokenIn(later, 'refresh_token'))
  await age(31)
  const tooLate = await refresh(tokenIn(muchLater, 'refresh_token'))

  expect([later.status, muchLater.status]).toEqual([200, 200])
  expect(tooLate).toMatchObject({ status: 401, json: { hint: 'Token has expired' } })
})

it('ends when its user is switched off', async () => {
  const bob = await house.aUser('bob')
  const { json } = await house.token({ ...signIn, username: bob.name, password: bob.password })
  await house.sql`update users set status = 'Inactive' where id = ${bob.id}`
  await house.identity.notices.send({ kind: 'user', id: bob.id })

  expect(await refresh(String(json.refresh_token))).toMatchObject({ status: 401, json: { error: 'invalid_request' } })
})
