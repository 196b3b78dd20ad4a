import { createHash, randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { openBrowser, type Page } from './browser.ts'
import { identityHouse, tokenIn } from './setup.ts'

const house = await identityHouse()
const ann = await house.aUser('ann')
const back = 'http://127.0.0.1:9/cb'
const shop = await house.aClient('authorization_code', { redirect_url: back, name: 'Web <shop>' })

const authorizeUrl = (more: Record<string, string> = {}, base = '/Api') =>
  `${house.base}${base}/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: shop.client_id,
    redirect_uri: back,
    state: 'xyz 123',
    ...more,
  }).toString()}`

const login = { name: ann.name, password: ann.password }

/** Goes all the way: signs in, agrees, and comes back to the client. */
async function agree(browser = openBrowser(house.base), more: Record<string, string> = {}, typed = {}) {
  const page = await browser.submit(await browser.visit(authorizeUrl(more)), 'login', login)
  return browser.submit(page, 'allow', typed)
}

const codeIn = (page: Page) => new URL(page.url).searchParams.get('code') ?? ''
const exchange = (code: string, more: Record<string, string> = {}) =>
  house.token({ grant_type: 'authorization_code', redirect_uri: back, code, ...shop, ...more })

it('leads over login and consent back to the client with a code that buys a pair', async () => {
  const browser = openBrowser(house.base)

  const loginPage = await browser.visit(authorizeUrl())
  expect(loginPage).toMatchObject({ status: 200, text: expect.stringContaining('Web &#60;shop&#62;') })
  const consentPage = await browser.submit(loginPage, 'login', login)
  expect(consentPage).toMatchObject({ status: 200, text: expect.stringContaining('<strong>ann</strong>') })
  const end = await browser.submit(consentPage, 'allow')

  expect(end.url).toMatch(/^http:\/\/127\.0\.0\.1:9\/cb\?code=[\w-]{20,}&state=xyz(\+|%20)123/)
  const answer = await exchange(codeIn(end))
  expect(answer).toMatchObject({ status: 200, json: { token_type: 'Bearer', expires_in: 3600 } })
  expect(Object.keys(answer.json)).toEqual(['token_type', 'expires_in', 'access_token', 'refresh_token'])
  expect(await house.who(tokenIn(answer))).toMatchObject({ kind: 'ok', principal: { userId: ann.id } })
  const refresh = { grant_type: 'refresh_token', refresh_token: tokenIn(answer, 'refresh_token'), ...shop }
  expect(await house.token(refresh)).toMatchObject({ status: 200 })
})

it('works under the addresses of SuiteCRM 8 too', async () => {
  expect(await openBrowser(house.base).visit(authorizeUrl({}, '/legacy/Api'))).toMatchObject({ status: 200 })
})

it('asks again each time, unless it was told not to', async () => {
  const browser = openBrowser(house.base)
  await agree(browser)

  const second = await browser.visit(authorizeUrl())
  expect(second.text).toContain('Allow access?')
  const third = await browser.submit(second, 'allow', { always: '1' })
  expect(codeIn(third)).not.toBe('')

  const silent = await browser.visit(authorizeUrl())
  expect(codeIn(silent)).not.toBe('')
  expect(await exchange(codeIn(silent))).toMatchObject({ status: 200 })
  await house.sql`delete from oauth_consent`
})

it('brings a refusal back to the client', async () => {
  const browser = openBrowser(house.base)
  const page = await browser.submit(await browser.visit(authorizeUrl()), 'login', login)

  const end = await browser.submit(page, 'abort')

  expect(end.url).toMatch(/^http:\/\/127\.0\.0\.1:9\/cb\?error=access_denied/)
  expect(end.url).toContain('state=xyz')
})

it('says only that name or password is wrong', async () => {
  const browser = openBrowser(house.base)
  const page = await browser.visit(authorizeUrl())
  const off = await house.aUser('off', { status: 'Inactive' })

  for (const typed of [
    { name: 'ann', password: 'guess' },
    { name: 'nobody', password: 'guess' },
    { name: off.name, password: off.password },
  ]) {
    const again = await browser.submit(page, 'login', typed)
    expect(again.status).toBe(401)
    expect(again.text).toContain('role="alert">User name or password is wrong.')
    expect(again.text).not.toContain(typed.password)
  }
  expect(await browser.submit(page, 'login', login)).toMatchObject({ text: expect.stringContaining('Allow access?') })
})

it('takes a form from no other site, and none without the cookie', async () => {
  const browser = openBrowser(house.base)
  const page = await browser.visit(authorizeUrl())

  const forged = await browser.submit(page, 'login', { ...login, token: 'guess' })
  const elsewhere = await openBrowser(house.base).submit(page, 'login', login)

  expect([forged.status, elsewhere.status]).toEqual([400, 400])
  expect(elsewhere.text).toContain('This page has expired')
})

it('shows its pages in no frame and runs nothing on them', async () => {
  const { headers, text } = await openBrowser(house.base).visit(authorizeUrl())

  expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
  expect(headers.get('cache-control')).toBe('no-store')
  expect(text).not.toContain('<script')
})

it('sends its cookies over https only when it is reached by https, never to scripts', async () => {
  const answer = await house.identity.ask({
    method: 'GET',
    url: `/oauth/authorize?${new URL(authorizeUrl({ scope: 'suitecrm' })).searchParams.toString()}`,
    headers: { host: 'inside', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'crm.example.com' },
  })

  const cookies = [answer.headers['set-cookie'] ?? []].flat()
  expect(cookies.length).toBeGreaterThan(1)
  for (const cookie of cookies) expect(String(cookie)).toMatch(/^(?=.*; secure)(?=.*; httponly)(?=.*; samesite=lax)/)
})

it.each([
  ['an unknown client', { client_id: 'nope' }],
  ['another redirect address', { redirect_uri: 'http://127.0.0.1:9/cb/../evil' }],
])('sends nobody anywhere for %s', async (_name, more) => {
  const page = await openBrowser(house.base).visit(authorizeUrl(more))

  expect(page.status).toBe(400)
  expect(page.url).toContain('/Api/authorize')
})

it.each([
  ['a scope', { scope: 'openid' }, 'invalid_scope'],
  ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
  ['a challenge that is plain', { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' }, 'invalid_request'],
])('tells the client that %s is not served', async (_name, more, error) => {
  const page = await openBrowser(house.base).visit(authorizeUrl(more))

  expect(page.url).toMatch(new RegExp(`^http://127.0.0.1:9/cb[?#]error=${error}`))
})

it('spends a code once: ten at the same time, one pair', async () => {
  const code = codeIn(await agree())

  const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(code)))

  expect(answers.filter(answer => answer.status === 200)).toHaveLength(1)
})

it('takes the reuse of a code for theft: what it bought ends, other logins stay', async () => {
  const browser = openBrowser(house.base)
  const code = codeIn(await agree(browser))
  const bought = await exchange(code)
  const other = await exchange(codeIn(await browser.submit(await browser.visit(authorizeUrl()), 'allow')))

  const reuse = await exchange(code)
  const again = await exchange(code)

  const refused = { error: 'invalid_request', hint: 'Authorization code has been revoked' }
  expect(reuse).toMatchObject({ status: 400, json: refused })
  expect(again).toMatchObject({ status: 400, json: refused })
  expect(await house.who(tokenIn(bought))).toMatchObject({ kind: 'denied', hint: 'Access token has been revoked' })
  const refresh = { grant_type: 'refresh_token', refresh_token: tokenIn(bought, 'refresh_token'), ...shop }
  expect(await house.token(refresh)).toMatchObject({ status: 401, json: { hint: 'Token has been revoked' } })
  expect(await house.who(tokenIn(other))).toMatchObject({ kind: 'ok' })
})

it('keeps a code ten minutes, for its client only', async () => {
  const code = codeIn(await agree())
  const stranger = await house.aClient('authorization_code', { redirect_url: back })

  expect(await exchange(code, stranger)).toMatchObject({
    status: 400,
    json: { hint: 'Authorization code was not issued to this client' },
  })
  await house.sql`update oauth_entry set expires_at = expires_at - interval '601 seconds' where model = 'AuthorizationCode'`
  expect(await exchange(code)).toMatchObject({ status: 400, json: { hint: 'Authorization code has expired' } })
})

it('holds a client to its PKCE challenge', async () => {
  const code_verifier = randomBytes(32).toString('base64url')
  const code_challenge = createHash('sha256').update(code_verifier).digest('base64url')
  const code = codeIn(await agree(undefined, { code_challenge, code_challenge_method: 'S256' }))

  expect(await exchange(code)).toMatchObject({ status: 400, json: { hint: 'Check the `code_verifier` parameter' } })
  expect(await exchange(code, { code_verifier: 'short' })).toMatchObject({
    status: 400,
    json: { error: 'invalid_request', hint: 'Code Verifier must follow the specifications of RFC-7636.' },
  })
  expect(await exchange(code, { code_verifier: 'y'.repeat(43) })).toMatchObject({
    status: 400,
    json: { error: 'invalid_grant', hint: 'Failed to verify `code_verifier`.' },
  })
  expect(await exchange(code, { code_verifier })).toMatchObject({ status: 200 })
})

it('lets apps without a secret in by PKCE alone', async () => {
  const app = await house.aClient('authorization_code', { redirect_url: 'com.example.app:/cb', is_confidential: false })
  const code_verifier = randomBytes(32).toString('base64url')
  const challenge = {
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }
  const own = { client_id: app.client_id, redirect_uri: 'com.example.app:/cb' }
  const without = await openBrowser(house.base).visit(authorizeUrl(own))
  expect(without.url).toContain('com.example.app:/cb?error=invalid_request')

  const end = await agree(undefined, { ...own, ...challenge })
  const form = { grant_type: 'authorization_code', code: codeIn(end), ...own }

  expect(await house.token(form)).toMatchObject({ status: 400 })
  expect(await house.token({ ...form, code_verifier })).toMatchObject({ status: 200 })
})

it('forgets the login of a user who was switched off', async () => {
  const bob = await house.aUser('bob')
  const browser = openBrowser(house.base)
  const page = await browser.submit(await browser.visit(authorizeUrl()), 'login', {
    name: bob.name,
    password: bob.password,
  })
  expect(page.text).toContain('Allow access?')

  await house.sql`update users set status = 'Inactive' where id = ${bob.id}`
  await house.identity.notices.send({ kind: 'user', id: bob.id })

  expect((await browser.visit(authorizeUrl())).text).toContain('<h1>Sign in</h1>')
})

it('keeps cookies and addresses that are worth something out of the database', async () => {
  const browser = openBrowser(house.base)
  await agree(browser)
  await browser.visit(authorizeUrl())

  const rows = await house.sql`select t::text as text from oauth_entry t`
  const dump = rows.map(row => row.text).join('\n')
  const values = browser.cookies.filter(each => !each.name.endsWith('.sig')).map(each => each.value)
  expect(values.length).toBeGreaterThan(0)
  for (const value of values) expect(dump).not.toContain(value)
  expect(house.troubles).toEqual([])
})
