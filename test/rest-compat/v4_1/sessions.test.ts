import { describe, expect, it, vi } from 'vitest'
import type { Credential } from '../../../rest-compat/v4_1/session.ts'
import { methods } from '../../../rest-compat/v4_1/methods.ts'
import { before, envelope, sessionId, valuesOf } from './door.ts'

const invalidLogin = {
  name: 'Invalid Login',
  number: 10,
  description: 'Login attempt failed please check the username and password',
}

describe('a login', () => {
  it('takes a password as md5 in either case, or in clear when it says so', async () => {
    const given: Credential[] = []
    const { call } = before(() => ({ data: {} }), {
      sessions: {
        open: (_name, credential) => {
          given.push(credential)
          return Promise.resolve(undefined)
        },
      },
    })

    for (const more of [{}, { encryption: 'PLAIN' }, { encryption: 'plain' }]) {
      expect(await call('login', [{ user_name: 'ada', password: 'ABCDEF', ...more }])).toEqual(invalidLogin)
    }

    expect(given).toEqual([{ md5: 'abcdef' }, { plain: 'ABCDEF' }, { md5: 'abcdef' }])
  })

  it('is refused without name or password before anybody is asked', async () => {
    const open = vi.fn()
    const { call } = before(() => ({ data: {} }), { sessions: { open } })

    for (const auth of [{}, { user_name: 'ada' }, { user_name: ['ada'], password: { x: 1 } }, 'ada', null]) {
      expect(await call('login', [auth])).toEqual(invalidLogin)
    }
    expect(open).not.toHaveBeenCalled()
  })

  it.each([
    ['expired', 1008],
    ['locked', 1009],
  ] as const)('tells apart a password that is %s', async (refusal, number) => {
    const { call } = before(() => ({ data: {} }), { sessions: { open: () => Promise.resolve(refusal) } })

    expect(await call('login', [{ user_name: 'ada', password: 'x' }])).toMatchObject({ number })
  })

  it('answers the session, also as a cookie, and what the user prefers as far as the version tells', async () => {
    const { send, call } = before(() => ({ data: {} }))
    const restData = [{ user_name: 'admin', password: 'x' }]

    const { headers } = await send({ form: envelope('login', restData) })
    const told = async (version: 'v2' | 'v3' | 'v4_1') => {
      const { name_value_list } = (await call('login', restData, { version })) as { name_value_list: unknown }
      return valuesOf(name_value_list)
    }

    expect(headers['Set-Cookie']).toMatch(new RegExp(`^PHPSESSID=${sessionId}; path=/`))
    expect(await told('v4_1')).toMatchObject({
      ...{ user_id: '1', user_name: 'admin', user_is_admin: true, user_currency_id: null },
      ...{ user_number_separator: ',', user_decimal_separator: '.', user_currency_name: 'US Dollars' },
    })
    expect(Object.keys(await told('v2'))).not.toContain('user_is_admin')
    expect(Object.keys(await told('v3'))).not.toContain('user_number_separator')
  })
})

describe('a session', () => {
  it('ends with a logout', async () => {
    const close = vi.fn(() => Promise.resolve())
    const { ask } = before(() => ({ data: {} }), { sessions: { close } })

    expect(await ask('logout')).toBeNull()
    expect(close).toHaveBeenCalledExactlyOnceWith(sessionId)
  })

  it('that does not exist is error 10 or 11, as SuiteCRM has it for each method', async () => {
    const { call, asked } = before(() => ({ data: {} }))
    const numbers: Record<string, unknown> = {}
    for (const [name, method] of Object.entries(methods)) {
      if ('open' in method) continue
      numbers[name] = ((await call(name, ['nope', ...Array(12).fill([])])) as { number: number }).number
    }

    const of = (number: number) => Object.keys(numbers).filter(name => numbers[name] === number)
    expect(of(10)).toEqual([
      ...['get_available_modules', 'get_language_definition', 'get_last_viewed', 'get_upcoming_activities'],
      ...['search_by_module', 'set_campaign_merge', 'oauth_access'],
    ])
    expect(of(11)).toHaveLength(Object.keys(numbers).length - 7)
    expect(asked).toEqual([])
  })

  it('that is not even named is answered with nothing', async () => {
    const { call } = before(() => ({ data: {} }))

    expect(await call('get_user_id', [''])).toBeNull()
    expect(await call('seamless_login', [''])).toBe(0)
    expect(await call('seamless_login', [sessionId])).toBe(1)
  })

  it('is looked for with the address of the caller', async () => {
    const find = vi.fn(() => Promise.resolve(undefined))
    const { call } = before(() => ({ data: {} }), { sessions: { find } })

    await call('get_user_id', [sessionId], { ip: '198.51.100.7' })

    expect(find).toHaveBeenCalledExactlyOnceWith(sessionId, '198.51.100.7')
  })
})
