import { expect, it } from 'vitest'
import { contextWith } from '../../../gateway/context.ts'
import { md5Of } from '../../../drizzle/password-hash.ts'
import { accessBy } from '../../../schema/access.ts'
import { coreCatalog } from '../../../schema/catalog.ts'
import { systemPrincipal, type Principal } from '../../../schema/principal.ts'
import {
  listTokens,
  revokeToken,
  revokeTokensOfClient,
  revokeTokensOfUser,
} from '../../../subgraphs/identity/tokens.ts'
import { passwordsOf } from '../../passwords.ts'
import { identityHouse, tokenIn, shown } from './setup.ts'

const house = await identityHouse()
const other = await house.open()
const ann = await house.aUser('ann')
const ben = await house.aUser('ben')
const client = await house.aClient('password')
const signIn = (user = ann, by = client) =>
  house.token({ grant_type: 'password', username: user.name, password: user.password, ...by })
const refresh = (pair: Awaited<ReturnType<typeof signIn>>) =>
  house.token({ grant_type: 'refresh_token', refresh_token: tokenIn(pair, 'refresh_token'), ...client })

const contextOf = (principal: Principal) =>
  contextWith(
    { pool: house.sql, catalog: coreCatalog, filesDir: '', passwords: passwordsOf(house.sql), now: () => new Date() },
    { principal, requestId: 'test', validation: 'strict' },
    accessBy(principal.userId, []),
  )
const asAdmin = contextOf(systemPrincipal)
const as = (user: { id: string; name: string }) =>
  contextOf({ ...systemPrincipal, kind: 'user', userId: user.id, userName: user.name, isAdmin: false })

const revoked = { kind: 'denied', hint: 'Access token has been revoked' }
/** What both processes say of a token. */
const everywhere = (token: string) =>
  Promise.all([house.identity, other].map(each => each.authenticate(shown(`Bearer ${token}`))))

it('lists what is alive: grants, and sessions of the legacy API, without anything to sign in with', async () => {
  const cleo = await house.aUser('cleo')
  const pair = await signIn(cleo)
  const session = await house.identity.sessions.open(cleo.name, { md5: md5Of(cleo.password) }, '192.0.2.1')

  const tokens = await listTokens(as(cleo), { userId: cleo.id })

  expect(tokens.map(({ kind, userId, clientId, scopes }) => ({ kind, userId, clientId, scopes }))).toEqual(
    expect.arrayContaining([
      { kind: 'GRANT', userId: cleo.id, clientId: client.client_id, scopes: null },
      { kind: 'LEGACY_SESSION', userId: cleo.id, clientId: null, scopes: null },
    ]),
  )
  expect(tokens).toHaveLength(2)
  const text = JSON.stringify(tokens)
  for (const secret of [tokenIn(pair), tokenIn(pair, 'refresh_token'), session?.id]) expect(text).not.toContain(secret)
  for (const { createdAt, expiresAt } of tokens)
    expect(Date.parse(`${expiresAt}Z`)).toBeGreaterThan(Date.parse(`${createdAt}Z`))
})

it('ends one grant in every process and leaves the others', async () => {
  const cleo = await house.aUser('cleo2')
  const [first, second] = [await signIn(cleo), await signIn(cleo)]
  const [newest] = (await listTokens(as(cleo), { userId: cleo.id })).filter(token => token.kind === 'GRANT')
  const before = await everywhere(tokenIn(first))
  expect(before).toMatchObject([{ kind: 'ok' }, { kind: 'ok' }])

  await revokeToken(as(cleo), newest?.id ?? '')

  const accepted = async () =>
    [...(await everywhere(tokenIn(first))), ...(await everywhere(tokenIn(second)))].filter(({ kind }) => kind === 'ok')
  await expect.poll(accepted).toHaveLength(2)
  expect(await listTokens(as(cleo), { userId: cleo.id })).toHaveLength(1)
})

it('ends a legacy session', async () => {
  const cleo = await house.aUser('cleo3')
  const session = await house.identity.sessions.open(cleo.name, { md5: md5Of(cleo.password) }, '192.0.2.1')
  const id = session?.id ?? ''
  expect(await other.sessions.find(id, '192.0.2.1')).toBeDefined()
  const [token] = await listTokens(asAdmin, { userId: cleo.id })

  await revokeToken(asAdmin, token?.id ?? '')

  await expect.poll(() => other.sessions.find(id, '192.0.2.1')).toBeUndefined()
})

it('signs a user out everywhere, lets them sign in again at once, and leaves other users alone', async () => {
  const pairs = [await signIn(), await signIn()]
  const robot = await house.aClient('client_credentials', { assigned_user_id: ann.id })
  const own = tokenIn(await house.token({ grant_type: 'client_credentials', ...robot }))
  const bens = await signIn(ben)
  const session = await house.identity.sessions.open(ann.name, { md5: md5Of(ann.password) }, '192.0.2.1')

  await revokeTokensOfUser(as(ann), ann.id)

  const again = await signIn()
  for (const token of [...pairs.map(pair => tokenIn(pair)), own]) {
    await expect.poll(() => everywhere(token)).toEqual([revoked, revoked])
  }
  for (const pair of pairs) expect(await refresh(pair)).toMatchObject({ status: 401 })
  await expect.poll(() => house.identity.sessions.find(session?.id ?? '', '192.0.2.1')).toBeUndefined()
  expect(await everywhere(tokenIn(again))).toMatchObject([{ kind: 'ok' }, { kind: 'ok' }])
  expect(await everywhere(tokenIn(bens))).toMatchObject([{ kind: 'ok' }, { kind: 'ok' }])
  const later = await house.open()
  expect(await later.authenticate(shown(`Bearer ${own}`))).toEqual(revoked)
})

it('is told by the database alone when notices are lost', async () => {
  const token = tokenIn(await signIn(ben))
  expect(await everywhere(token)).toMatchObject([{ kind: 'ok' }, { kind: 'ok' }])

  const now = Date.now()
  const [after, until] = [new Date(now).toISOString(), new Date(now + 3_600_000).toISOString()]
  await house.sql`insert into oauth_epoch values ('user', ${ben.id}, ${after}, ${until})`

  await expect.poll(() => everywhere(token), { timeout: 5_000 }).toEqual([revoked, revoked])
})

it('ends all that a client was given', async () => {
  const portal = await house.aClient('password')
  const pair = await signIn(ann, portal)
  const elsewhere = await signIn(ann)

  await revokeTokensOfClient(asAdmin, portal.client_id)

  await expect.poll(() => everywhere(tokenIn(pair))).toEqual([revoked, revoked])
  expect(await everywhere(tokenIn(elsewhere))).toMatchObject([{ kind: 'ok' }, { kind: 'ok' }])
})

it('is for oneself and administrators', async () => {
  const cleo = await house.aUser('cleo4')
  await signIn(cleo)
  const [token] = await listTokens(asAdmin, { userId: cleo.id })

  await expect(listTokens(as(ben), { userId: cleo.id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(listTokens(as(ben))).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(listTokens(as(ben), { clientId: client.client_id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(revokeToken(as(ben), token?.id ?? '')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(revokeTokensOfUser(as(ben), cleo.id)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(revokeTokensOfClient(as(ben), client.client_id)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(await listTokens(asAdmin, { userId: cleo.id, clientId: client.client_id })).toHaveLength(1)
})
