import { createRemoteJWKSet, jwtVerify } from 'jose'
import { expect, it } from 'vitest'
import { rotateKeys } from '../../../gateway/oauth/key-rotation.ts'
import { operatorOn } from '../../operator.ts'
import { headerOf, identityHouse, shown, secrets, tokenIn } from './setup.ts'

const house = await identityHouse()
const other = await house.open()
const ann = await house.aUser('ann')
const own = await house.aClient('client_credentials', { assigned_user_id: ann.id }, {})
const legacy = await house.aClient('client_credentials', { assigned_user_id: ann.id })

const operator = operatorOn(house.sql)
const issue = async (client = own) => tokenIn(await house.token({ grant_type: 'client_credentials', ...client }))
const kidOf = (token: string) => String(headerOf(token).kid)
const states = async (alg = 'ES256') => {
  const rows = await house.sql<{ kid: string; state: string }[]>`select kid, state from oauth_key where alg = ${alg}`
  return new Map(rows.map(({ kid, state }) => [state, kid]))
}
const published = async () => {
  const { keys } = (await (await fetch(`${house.base}/oauth/jwks`)).json()) as { keys: { kid: string }[] }
  return keys.map(key => key.kid)
}
const everywhere = async (token: string) =>
  (await Promise.all([house.identity, other].map(each => each.authenticate(shown(`Bearer ${token}`))))).map(a => a.kind)
/** Everybody signs with that key. */
const signsWith = (kid: string | undefined) => expect.poll(async () => kidOf(await issue())).toBe(kid)

it('signs with the next key after a rotation, in processes that run; old tokens stay valid', async () => {
  const [before, beforeLegacy] = [await issue(), await issue(legacy)]
  const next = (await states()).get('next')
  expect(await published()).toContain(next)

  await rotateKeys(operator, secrets)

  await signsWith(next)
  const after = await issue()
  expect(await states()).toEqual(
    new Map([
      ['retiring', kidOf(before)],
      ['active', next],
      ['next', expect.any(String)],
    ]),
  )
  expect((await published()).sort()).toEqual([...(await states()).values(), ...(await states('RS256')).values()].sort())
  for (const token of [before, beforeLegacy, after]) expect(await everywhere(token)).toEqual(['ok', 'ok'])
})

it('publishes keys that others verify with, across a rotation', async () => {
  const keys = createRemoteJWKSet(new URL(`${house.base}/oauth/jwks`))
  const verify = (token: string) => jwtVerify(token, keys, { issuer: house.base, typ: 'at+jwt' })
  await verify(await issue())
  const next = (await states()).get('next')

  await rotateKeys(operator, secrets)
  await signsWith(next)

  await verify(await issue())
})

it('verifies at a process that has not heard of the rotation yet', async () => {
  const deaf = await house.open()
  const next = (await states()).get('next')
  await house.sql`update oauth_key set state = 'retiring', retired_at = now() where state = 'active'`
  await house.sql`update oauth_key set state = 'active', activated_at = now() where state = 'next'`
  const informed = await house.open()
  const answer = await informed.ask({
    method: 'POST',
    url: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams({ grant_type: 'client_credentials', ...own }).toString()),
  })
  const { access_token } = JSON.parse(answer.body) as { access_token: string }

  expect(kidOf(access_token)).toBe(next)
  expect(await deaf.authenticate(shown(`Bearer ${access_token}`))).toMatchObject({ kind: 'ok' })
})

it('rotates by itself when a key has signed for 90 days, once for all processes, and forgets keys of the past', async () => {
  const active = (await states()).get('active')
  await house.sql`update oauth_key set activated_at = now() - interval '91 days' where state = 'active'`
  await house.sql`update oauth_key set retired_at = now() - interval '71 minutes' where state = 'retiring'`

  await Promise.all(Array.from({ length: 3 }, () => house.open()))

  const rows = await house.sql<{ state: string; count: number }[]>`
    select state, count(*)::int as count from oauth_key where alg = 'ES256' group by state order by state`
  expect(rows.map(({ state, count }) => [state, count])).toEqual([
    ['active', 1],
    ['next', 1],
    ['retiring', 1],
  ])
  expect((await states()).get('retiring')).toBe(active)
})

it('leaves keys alone that are not due', async () => {
  const before = await states()

  await house.open()

  expect(await states()).toEqual(before)
})

it('ends every token at once when the keys are known to somebody', async () => {
  const before = await issue()
  expect(await everywhere(before)).toEqual(['ok', 'ok'])
  const old = await published()

  await rotateKeys(operator, secrets, { endOld: true })

  await expect.poll(() => everywhere(before)).toEqual(['denied', 'denied'])
  const after = await issue()
  expect(await everywhere(after)).toEqual(['ok', 'ok'])
  expect((await published()).filter(kid => old.includes(kid))).toEqual([])
})
