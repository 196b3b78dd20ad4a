import { describe, expect, it } from 'vitest'
import { HouseError } from '../../../schema/errors.ts'
import { before, envelope, failing, sessionId } from './door.ts'

const { send, call, ask } = before(() => ({ data: {} }))
const userId = [sessionId]

describe('rest.php', () => {
  it('reads its parameters from form and query alike, in any case of letters', async () => {
    const form = envelope('get_user_id', userId)
    const mixed = {
      query: new Map([['method', 'get_user_id']]),
      form: new Map([...form].filter(([name]) => name !== 'method')),
    }
    const lower = envelope('get_user_id', userId, { input_type: 'json', response_type: 'json' })

    const answers = await Promise.all([
      ...[send({ form }), send({ method: 'GET', query: form }), send(mixed), send({ form: lower })],
    ])

    for (const { status, headers, body } of answers) {
      expect([status, headers['Content-Type'], body]).toEqual([200, 'application/json; charset=UTF-8', '"1"'])
    }
  })

  it('prints plain text for any other response type, and reads nothing of other input', async () => {
    const printed = await send({ form: envelope('login', [{}], { response_type: 'Serialize' }) })
    const unread = await send({ form: envelope('get_user_id', userId, { input_type: 'Serialize' }) })

    expect(printed.body).toBe(
      'Array\n(\n    [name] => Invalid Login\n    [number] => 10\n    [description] => Login attempt failed please check the username and password\n)\n',
    )
    expect(printed.headers['Content-Type']).toBe('text/html; charset=UTF-8')
    expect(JSON.parse(unread.body)).toMatchObject({ number: 1001 })
  })

  it('writes JSON as PHP does: slashes and all beyond ASCII escaped', async () => {
    const written = before(() => ({ data: { record: { id: 'a', name: 'Ä/B "c" 🙂' } } }))

    const { body } = await written.send({ form: envelope('get_entry', [sessionId, 'Accounts', 'a', ['name'], []]) })

    expect(body).toContain('"value":"\\u00c4\\/B &quot;c&quot; \\ud83d\\ude42"')
  })

  it('wraps an answer for a callback of the query that is a name, and for no other', async () => {
    const form = envelope('get_user_id', userId)
    const wrapped = (callback: string) => send({ form, query: new Map([['jsoncallback', callback]]) })

    expect((await wrapped('app.got')).body).toBe('app.got("1")')
    expect((await wrapped('alert(1);x')).body).toBe('"1"')
  })

  it('lists its methods for people who open the address', async () => {
    const { status, body } = await send({ method: 'GET' })

    expect(status).toBe(200)
    expect(body).toContain('get_user_id(session)')
    expect(body).toContain('login(user_auth, [application_name], [name_value_list])')
  })
})

describe('arguments', () => {
  it('count by position, whatever their names, and too many are left out', async () => {
    const odd = { who: sessionId, module_name: 'Accounts', fields: ['name'], method: 'x', more: 1 }

    expect(await call('get_module_fields', odd)).toMatchObject({ module_fields: { name: { type: 'name' } } })
    expect(await call('get_user_id', JSON.stringify(sessionId))).toBe('1')
  })

  it.each([
    ['none at all', []],
    ['too few', [sessionId]],
    ['no JSON', '{'],
    ['a NUL', `["${sessionId}","Accounts","\\u0000"]`],
    ['a raw NUL', `["${sessionId}","Accounts","\0"]`],
  ])('are refused when there are %s', async (_case, restData) => {
    expect(await call('get_entry', restData)).toMatchObject({ name: 'Invalid data sent', number: 1001 })
  })

  it('take a text where a list belongs as an error, but empty text as none', async () => {
    expect(await ask('get_entry', 'Accounts', 'a', 'name', [])).toMatchObject({ number: 1001 })
    expect(await ask('get_entry', 'Accounts', 'a', '', '')).toMatchObject({ entry_list: [{ id: 'a' }] })
  })
})

describe('errors', () => {
  it.each(['md5', 'nope', 'constructor', '__proto__', 'toString', ''])('say that there is no method %s', async name => {
    expect(await call(name, userId)).toEqual({
      name: 'An Undefined Error - invalid_call occurred',
      number: '-1',
      description: 'There is no error definition for invalid_call',
    })
  })

  it.each([
    ['FORBIDDEN', 40],
    ['NOT_FOUND', 51],
    ['INVALID', 1001],
  ] as const)('of the graph have the numbers of the error table: %s', async (code, number) => {
    const { call: refused } = before(() => failing(code))

    expect(await refused('get_entry', [sessionId, 'Accounts', 'a', ['id'], []])).toMatchObject({ number })
  })

  it('ask to come again while the graph or the sessions are not available', async () => {
    const unavailable = before(() => failing('UNAVAILABLE'))
    const away = before(() => ({}), {
      sessions: { find: () => Promise.reject(new HouseError('UNAVAILABLE', 'no database')) },
    })
    const form = envelope('get_entries_count', [sessionId, 'Accounts', '', 0])

    for (const door of [unavailable, away]) {
      const { status, headers } = await door.send({ form })
      expect([status, headers['Retry-After']]).toEqual([503, '5'])
    }
  })

  it('that nobody expected are reported, and not told', async () => {
    const broken = before(() => {
      throw new Error('select * from secrets')
    })

    const { status, body } = await broken.send({ form: envelope('get_entries_count', [sessionId, 'Accounts', '', 0]) })

    expect(status).toBe(500)
    expect(body).not.toContain('secrets')
    expect(broken.reported).toHaveLength(1)
  })
})
