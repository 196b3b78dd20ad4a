import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { newSecretText, publicText, readKey } from '../../subgraphs/webhooks/signing/secret-text.ts'
import { signedHeaders, signerOf } from '../../subgraphs/webhooks/signing/sign.ts'
import { mistakes, verifyMessage, type Mistake } from '../../subgraphs/webhooks/signing/verify.ts'

const now = () => Math.floor(Date.now() / 1000)
const body = Buffer.from('{"z":9007199254740993,"a":"Zürich / Köln"}')
const secret = newSecretText('v1')
const privateText = newSecretText('v1a')
const privateKey = readKey(privateText)
if (typeof privateKey === 'string' || privateKey.kind !== 'private') throw new Error('no private key')
const shownPublic = publicText(privateKey.publicKey)

const signed = (secrets: readonly string[], seconds = now(), bytes: Uint8Array = body) =>
  signedHeaders(secrets.map(signerOf), 'evt_1', seconds, bytes)

describe('a signature', () => {
  it('is verified over the very bytes by the reference library, which refuses any other', () => {
    const headers = signed([secret])

    expect(new Webhook(secret).verify(body.toString(), headers)).toBeTruthy()
    expect(() => new Webhook(secret).verify(`${body.toString()} `, headers)).toThrow()
    expect(() => new Webhook(newSecretText('v1')).verify(body.toString(), headers)).toThrow()
  })

  it('is as the reference library makes it', () => {
    const at = new Date('2030-01-01T00:00:00Z')
    const ours = signed([secret], at.getTime() / 1000)['webhook-signature']

    expect(ours).toBe(new Webhook(secret).sign('evt_1', at, body.toString()))
  })

  it('of every secret stands in the header while one is replaced, that of the current one first', () => {
    const fresh = newSecretText('v1')
    const headers = signed([fresh, secret])

    expect(headers['webhook-signature'].split(' ')).toEqual([
      signed([fresh])['webhook-signature'],
      signed([secret])['webhook-signature'],
    ])
    for (const each of [fresh, secret]) expect(new Webhook(each).verify(body.toString(), headers)).toBeTruthy()
  })

  it('of a key pair is verified by the public key, also beside one of a shared secret', () => {
    const headers = signed([privateText, secret])

    expect(verifyMessage({ headers, body, secret: shownPublic }, now())).toEqual({ kind: 'good' })
    expect(verifyMessage({ headers, body, secret }, now())).toEqual({ kind: 'good' })
    expect(headers['webhook-signature']).toMatch(/^v1a,\S{88} v1,\S{44}$/)
  })

  it('fits the time of its own attempt', () => {
    const [first, second] = [signed([secret], now() - 5), signed([secret], now())]

    expect(first['webhook-id']).toBe(second['webhook-id'])
    expect(first['webhook-signature']).not.toBe(second['webhook-signature'])
    for (const headers of [first, second]) expect(new Webhook(secret).verify(body.toString(), headers)).toBeTruthy()
  })
})

describe('a secret', () => {
  it.each([
    ['', 'empty'],
    ['abc', 'prefix'],
    ['whsec_!!!!', 'encoding'],
    [`whsec_${Buffer.alloc(23).toString('base64')}`, 'length'],
    [`whsec_${Buffer.alloc(65).toString('base64')}`, 'length'],
    [`whpk_${Buffer.alloc(31).toString('base64')}`, 'length'],
    [`whsk_${Buffer.alloc(64, 7).toString('base64')}`, 'encoding'],
  ])('%j is refused for its %s', (text, fault) => {
    expect(readKey(text)).toBe(fault)
  })

  it.each([24, 32, 64])('of %i bytes is taken', bytes => {
    expect(readKey(`whsec_${Buffer.alloc(bytes, 1).toString('base64')}`)).toMatchObject({ kind: 'secret' })
  })
})

describe('the debugger', () => {
  const at = now()
  const good = signed([secret], at)
  const withSignature = (text: string) => ({ ...good, 'webhook-signature': text })
  const hmac = (key: Uint8Array, content: string) => createHmac('sha256', key).update(content).digest()
  const key = Buffer.from(secret.slice(6), 'base64')
  const whole = `evt_1.${at}.${body.toString()}`
  const right = hmac(key, whole)

  const cases: readonly [Mistake, Parameters<typeof verifyMessage>[0]][] = [
    ['NO_SECRET', { headers: good, body, secret: '' }],
    ['BAD_SECRET', { headers: good, body, secret: secret.slice(6) }],
    ['NO_ID', { headers: { ...good, 'webhook-id': undefined }, body, secret }],
    ['NO_TIMESTAMP', { headers: { ...good, 'webhook-timestamp': undefined }, body, secret }],
    ['NO_SIGNATURE', { headers: { ...good, 'webhook-signature': undefined }, body, secret }],
    ['BAD_TIMESTAMP', { headers: { ...good, 'webhook-timestamp': '2030-01-01' }, body, secret }],
    ['MILLISECONDS', { headers: { ...good, 'webhook-timestamp': `${at}000` }, body, secret }],
    ['STALE', { headers: signed([secret], at - 301), body, secret }],
    ['FUTURE', { headers: signed([secret], at + 301), body, secret }],
    ['BAD_SIGNATURE', { headers: withSignature(right.toString('base64')), body, secret }],
    ['WRONG_SCHEME', { headers: good, body, secret: shownPublic }],
    ['WRONG_SCHEME', { headers: signed([privateText], at), body, secret }],
    ['CUT_SIGNATURE', { headers: withSignature(good['webhook-signature'].slice(0, -1)), body, secret }],
    [
      'CUT_SIGNATURE',
      { headers: withSignature(signed([privateText])['webhook-signature'].slice(0, -9)), body, secret: shownPublic },
    ],
    ['HEX_SIGNATURE', { headers: withSignature(`v1,${right.toString('hex')}`), body, secret }],
    [
      'SECRET_NOT_DECODED',
      {
        headers: withSignature(`v1,${hmac(Buffer.from(secret.slice(6)), whole).toString('base64')}`),
        body,
        secret,
      },
    ],
    ['ONLY_BODY', { headers: withSignature(`v1,${hmac(key, body.toString()).toString('base64')}`), body, secret }],
    ['BODY_SPACE', { headers: good, body: Buffer.from(`${body.toString()}\n`), secret }],
    [
      'BODY_REWRITTEN',
      { headers: signed([secret], at, Buffer.from('{"a":1}')), body: Buffer.from('{"a": 1}'), secret },
    ],
    ['WRONG_SECRET', { headers: good, body, secret: newSecretText('v1') }],
    ['WRONG_SECRET', { headers: { ...good, 'webhook-id': 'evt_2' }, body, secret }],
  ]

  it.each(cases)('names %s', (mistake, message) => {
    expect(verifyMessage(message, at)).toMatchObject({ kind: 'bad', mistake })
  })

  it('knows no mistake that is not shown here', () => {
    expect(new Set(cases.map(([mistake]) => mistake))).toEqual(new Set(Object.keys(mistakes)))
  })

  it('takes what is right for good', () => {
    expect(verifyMessage({ headers: good, body, secret }, at)).toEqual({ kind: 'good' })
  })
})
