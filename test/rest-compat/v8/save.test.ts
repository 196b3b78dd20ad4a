import { describe, expect, it } from 'vitest'
import { anAccount, type Ask, type Asked, attributesOf, before, detailOf, failing } from './door.ts'

const id = 'aaaaaaaa-0000-4000-8000-00000000000a'
const saved = () => ({ data: { r: anAccount() } })
const inputsOf = (asked: readonly Asked[]) => asked.map(({ variables }) => variables['input'])

describe('creating', () => {
  it('answers 201 with the record, whose links leave the module out', async () => {
    const { ask, asked } = before(saved)

    const answer = await ask('POST', '/module', {
      body: { data: { type: 'Account', id, attributes: { name: 'Acme' } } },
    })

    expect(answer.status).toBe(201)
    expect(answer.body).toContain(`"V8/module/${id}/relationships/contacts"`)
    expect(inputsOf(asked)).toEqual([{ name: 'Acme', id }])
  })

  const forms: readonly [string, Ask][] = [
    ['form', { body: 'data[type]=Accounts&data[attributes][name]=A%26B+C' }],
    [
      'json',
      {
        body: Buffer.from('{"data":{"type":"Accounts","attributes":{"name":"A&B C"}}}'),
        type: 'application/json; charset=utf-8',
      },
    ],
    [
      'multipart',
      {
        type: 'multipart/form-data; boundary=XX',
        body: Buffer.from(
          '--XX\r\nContent-Disposition: form-data; name="data[type]"\r\n\r\nAccounts\r\n' +
            '--XX\r\nContent-Disposition: form-data; name="data[attributes][name]"\r\n\r\nA&B C\r\n--XX--\r\n',
        ),
      },
    ],
  ]
  it.each(forms)('understands a body that is a %s', async (_, body) => {
    const { ask, asked } = before(saved)

    await ask('POST', '/module', body)

    expect(inputsOf(asked)).toEqual([{ name: 'A&B C' }])
  })

  it('makes values of what they are sent as', async () => {
    const { ask, asked } = before(() => ({ data: { r: { id } } }))
    const attributes = {
      ...{ name: ' Acme <b> ', description: null, duration_hours: '1,200 h', duration_minutes: 15.9 },
      ...{ date_start: '03/04/2030 10:30', date_end: '2030-03-04T10:30:00+02:00', status: true, deleted: 0 },
      ...{ accounts: 'x', assigned_user_name: 'nobody' },
    }

    await ask('POST', '/module', { body: { data: { type: 'Calls', attributes } } })

    expect(inputsOf(asked)).toEqual([
      {
        ...{ name: 'Acme ', duration_hours: 1200, duration_minutes: 15, status: '1' },
        ...{ date_start: '2030-03-04T10:30:00Z', date_end: '2030-03-04T08:30:00Z' },
      },
    ])
  })

  it('saves the record before its file, so that a bad file leaves the record', async () => {
    const { ask, asked } = before(({ name }) =>
      name === 'V8UpdateNote' ? failing('INVALID_FILE') : { data: { r: { id } } },
    )
    const attributes = { name: 'Note', filename: 'a.php', filecontents: 'aGVsbG8=' }

    const answer = await ask('POST', '/module', { body: { data: { type: 'Notes', attributes } } })

    expect(detailOf(answer)).toBe('File upload failed: File extension is not included or is not valid.')
    expect(inputsOf(asked)).toEqual([{ name: 'Note' }, { filename: 'a.php', filecontents: 'aGVsbG8=' }])
  })

  it('is refused in the words of SuiteCRM', async () => {
    const create = async (type: string, code: Parameters<typeof failing>[0]) =>
      detailOf(await before(() => failing(code)).ask('POST', '/module', { body: { data: { type, id } } }))

    expect(await create('Account', 'ALREADY_EXISTS')).toBe(`Bean Account with id ${id} is already exist`)
    expect(await create('Accounts', 'FORBIDDEN')).toBe('[SuiteCRM] [AccessDeniedException] ')
    expect(await create('Users', 'FORBIDDEN')).toBe('Not authorized')
  })
})

describe('changing', () => {
  it('leaves null alone, and empties what is empty or cannot be read', async () => {
    const { ask, asked } = before(() => ({ data: { r: { id } } }))
    const attributes = { description: null, name: '', date_due: 'tomorrow', date_start: '', priority: 'High' }

    const answer = await ask('PATCH', '/module', { body: { data: { type: 'Tasks', id, attributes } } })

    expect(answer.status).toBe(201)
    expect(inputsOf(asked)).toEqual([{ name: '', date_due: null, date_start: null, priority: 'High' }])
  })

  it('of a record that is not there is refused', async () => {
    const { ask } = before(() => failing('NOT_FOUND', { module: 'Accounts', id }))

    const answer = await ask('PATCH', '/module', { body: { data: { type: 'Accounts', id } } })

    expect(detailOf(answer)).toBe(`Accounts module with id ${id} is not found`)
    expect(answer.headers['content-type']).toBe('application/vnd.api+json')
  })

  it('deletes with the flag, and answers the record as it was in memory', async () => {
    const { ask, asked } = before(() => ({ data: { r: anAccount() } }))

    const answer = await ask('PATCH', '/module', {
      body: { data: { type: 'Accounts', id, attributes: { deleted: 1 } } },
    })

    expect(asked.map(({ name }) => name)).toEqual(['V8UpdateAccount', 'V8ReadAccount'])
    expect(inputsOf(asked.slice(0, 1))).toEqual([{ deleted: true }])
    expect(attributesOf(answer)).toMatchObject({
      ...{ deleted: 1, date_entered: '2030-01-02T03:04:05+00:00', date_modified: '2030-01-01T12:00:00+00:00' },
      ...{ modified_by_name: 'admin' },
    })
  })

  it('stores nothing when the attributes hold another id, and shows that id', async () => {
    const { ask, asked } = before(saved)
    const attributes = { id: 'bbbbbbbb-0000-4000-8000-00000000000b', name: 'Other' }

    const answer = await ask('PATCH', '/module', { body: { data: { type: 'Accounts', id, attributes } } })

    expect(asked.map(({ name }) => name)).toEqual(['V8ReadAccount'])
    expect(answer.json()['data']).toMatchObject({ id: attributes.id, attributes: { name: 'Other', deleted: 0 } })
  })
})

it('deletes a record once', async () => {
  const path = `/module/Accounts/${id}`
  const first = await before(() => ({ data: { r: { id } } })).ask('DELETE', path)
  const again = await before(() => failing('NOT_FOUND', { module: 'Accounts', id })).ask('DELETE', path)

  expect(first.json()).toEqual({ meta: { message: `Record with id ${id} is deleted` }, data: [] })
  expect(detailOf(again)).toBe(`Accounts module with id ${id} is not found`)
})
