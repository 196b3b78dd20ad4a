import { describe, expect, it } from 'vitest'
import { house8_1 } from './house.ts'

const house = await house8_1()
const { ask, made } = house

describe('a record', () => {
  it('has typed values, null where there is none, and its version as its tag', async () => {
    const { id } = await made('Opportunities', {
      name: 'Big',
      amount: 1234.5,
      probability: 40,
      date_closed: '2030-05-06',
      sales_stage: 'Prospecting',
    })

    const read = await ask('GET', `/module/Opportunities/${id}`)

    expect(read.status).toBe(200)
    expect(read.headers.get('content-type')).toBe('application/vnd.api+json')
    expect(read.headers.get('etag')).toBe(`"${read.data.meta.version}"`)
    expect(read.data).toMatchObject({ type: 'Opportunities', id })
    expect(read.data.attributes).toMatchObject({
      ...{ name: 'Big', amount: 1234.5, probability: 40, deleted: false, next_step: null, date_closed: '2030-05-06' },
      date_entered: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    })
    expect(read.links).toEqual({ self: `/Api/V8/module/Opportunities/${id}` })
  })

  it('keeps every digit of an exact number, and a list of options as a list', async () => {
    const price = '12345678901234567.123456'
    const product = await made('AOS_Products', { name: 'Exact', price })
    const lead = await made('Leads', { last_name: 'Lawful', lawful_basis: ['consent', 'contract'] })

    const read = await ask('GET', `/module/AOS_Products/${product.id}?fields[AOS_Products]=price`)

    expect(read.text).toContain(`"attributes":{"price":${price}}`)
    expect(lead.attributes['lawful_basis']).toEqual(['consent', 'contract'])
  })

  it('is made with a status, an address and a tag, changed and deleted', async () => {
    const attributes = { name: 'Acme & <Sons>', employees: '70' }
    const created = await ask('POST', '/module/Accounts', { body: { data: { type: 'Accounts', attributes } } })
    const self = `/Api/V8/module/Accounts/${created.data.id}`
    const path = self.slice('/Api/V8'.length)
    const body = { data: { type: 'Accounts', id: created.data.id, attributes: { website: null, name: 'Acme' } } }
    const changed = await ask('PATCH', path, { body })
    const deleted = await ask('DELETE', path)

    expect(created.status).toBe(201)
    expect(created.headers.get('location')).toBe(self)
    expect(created.headers.get('etag')).toBe('"1"')
    expect(created.data.attributes).toMatchObject(attributes)
    expect(changed).toMatchObject({
      status: 200,
      data: { attributes: { name: 'Acme', employees: '70', website: null } },
    })
    expect(changed.headers.get('etag')).toBe('"2"')
    expect(deleted).toMatchObject({ status: 204, text: '' })
    expect((await ask('GET', path)).status).toBe(404)
  })

  it('is made and changed at the addresses of 8.0 too', async () => {
    const created = await ask('POST', '/module', { body: { data: { type: 'Account', attributes: { name: 'Old' } } } })
    const { id } = created.data
    const changed = await ask('PATCH', '/module', {
      body: { data: { type: 'Accounts', id, attributes: { name: 'New' } } },
    })

    expect(created.status).toBe(201)
    expect(changed).toMatchObject({ status: 200, data: { id, attributes: { name: 'New' } } })
  })

  it('is set with the record that it belongs to', async () => {
    const [parent, child] = [await made('Accounts', { name: 'Parent' }), await made('Accounts', { name: 'Child' })]
    const path = `/module/Accounts/${child.id}?include=member_of&fields[Accounts]=parent_id`
    const set = (data: unknown) =>
      ask('PATCH', path, { body: { data: { type: 'Accounts', id: child.id, relationships: { member_of: { data } } } } })

    const joined = await set({ type: 'Accounts', id: parent.id })
    const left = await set(null)

    expect(joined.data.attributes).toEqual({ parent_id: parent.id })
    expect(joined.data.relationships['member_of']?.data).toEqual({ type: 'Accounts', id: parent.id })
    expect(joined.included).toMatchObject([{ id: parent.id }])
    expect(left.data.attributes).toEqual({ parent_id: null })
  })
})

describe('an error', () => {
  it('tells everything that is wrong with attributes at once, and where', async () => {
    const attributes = { name: 7, annual_revenue: 'x', nonsense: true, created_by_name: 'me', employees: '5' }

    const refused = await ask('POST', '/module/Accounts', { body: { data: { type: 'Accounts', attributes } } })

    expect(refused.status).toBe(422)
    expect(refused.errors.map(({ source }) => source)).toEqual([
      { pointer: '/data/attributes/name' },
      { pointer: '/data/attributes/nonsense' },
      { pointer: '/data/attributes/created_by_name' },
    ])
    expect(refused.errors[0]).toMatchObject({
      ...{ status: '422', code: 'INVALID', type: '/docs/problems#INVALID', title: 'The input is not valid' },
      ...{ id: refused.headers.get('x-request-id'), detail: 'Accounts.name: expected text' },
    })
  })

  it.each([
    ['a required field that is missing', { phone_office: '1' }, '/data/attributes/name'],
    ['an option that does not exist', { name: 'A', account_type: 'Nonsense' }, '/data/attributes/account_type'],
    ['text that is too long', { name: 'A'.repeat(1000) }, '/data/attributes/name'],
  ])('points to %s', async (_what, attributes, pointer) => {
    const refused = await ask('POST', '/module/Accounts', { body: { data: { type: 'Accounts', attributes } } })

    expect(refused).toMatchObject({ status: 422, errors: [{ code: 'INVALID', source: { pointer } }] })
  })

  it.each([
    ['GET', '/module/Accounts/nobody', 404, 'NOT_FOUND', undefined],
    ['GET', '/module/Nonsense', 404, 'NOT_FOUND', undefined],
    ['GET', '/nothing', 404, 'NOT_FOUND', undefined],
    ['GET', '/module/Accounts/1/nonsense', 404, 'NOT_FOUND', undefined],
    ['PATCH', '/module/Accounts', 405, 'METHOD_NOT_ALLOWED', undefined],
    ['DELETE', '/module/Accounts/nobody', 404, 'NOT_FOUND', undefined],
    ['GET', '/module/Accounts?nonsense=1', 400, 'BAD_REQUEST', 'nonsense'],
    ['GET', '/module/Accounts?sort=nonsense', 400, 'BAD_REQUEST', 'sort'],
    ['GET', '/module/Accounts?include=nonsense', 400, 'BAD_REQUEST', 'include'],
    ['GET', '/module/Accounts?fields[Accounts]=nonsense', 400, 'BAD_REQUEST', 'fields[Accounts]'],
    ['GET', '/module/Accounts?fields[Nonsense]=name', 400, 'BAD_REQUEST', 'fields[Nonsense]'],
    ['GET', '/module/Accounts?filter[nonsense]=1', 400, 'BAD_REQUEST', 'filter[nonsense]'],
    ['GET', '/module/Accounts?filter[name][nonsense]=1', 400, 'BAD_REQUEST', 'filter[name][nonsense]'],
    ['GET', '/module/Calls?filter[duration_hours]=x', 400, 'BAD_REQUEST', 'filter[duration_hours]'],
    ['GET', '/module/Accounts?page[size]=0', 400, 'BAD_REQUEST', 'page[size]'],
    ['GET', '/module/Accounts?page[number]=2', 400, 'BAD_REQUEST', 'page[number]'],
    ['GET', '/module/Accounts?page[after]=nonsense', 400, 'BAD_REQUEST', 'page[after]'],
    ['GET', '/module/Accounts?page[before]=nonsense', 400, 'BAD_REQUEST', 'page[before]'],
  ])('of %s %s has the status %i', async (method, path, status, code, parameter) => {
    const refused = await ask(method, path)

    expect(refused).toMatchObject({ status, errors: [{ status: String(status), code }] })
    expect(refused.errors[0].source?.['parameter']).toBe(parameter)
  })

  it('is a problem of RFC 9457 for clients that ask for one', async () => {
    const refused = await ask('GET', '/module/Accounts/nobody', { headers: { accept: 'application/problem+json' } })

    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(JSON.parse(refused.text)).toEqual({
      ...{ type: '/docs/problems#NOT_FOUND', title: 'No such record', status: 404, code: 'NOT_FOUND' },
      detail: 'Accounts nobody does not exist',
      instance: `urn:request:${refused.headers.get('x-request-id') ?? ''}`,
      requestId: refused.headers.get('x-request-id'),
    })
  })

  it('conflicts with what exists, and with the address', async () => {
    const { id } = await made('Accounts', { name: 'Taken' })
    const data = { type: 'Accounts', id, attributes: { name: 'Again' } }

    expect((await ask('POST', '/module/Accounts', { body: { data } })).status).toBe(409)
    expect((await ask('POST', '/module/Contacts', { body: { data } })).status).toBe(409)
    expect((await ask('PATCH', '/module/Accounts/other', { body: { data } })).status).toBe(409)
  })

  it('names the scope that a token lacks', async () => {
    const token = await house.tokenWith({ scopes: ['records:read:Contacts'] })

    const refused = await ask('GET', '/module/Accounts', { token })

    expect(refused).toMatchObject({ status: 403, errors: [{ code: 'FORBIDDEN' }] })
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope')
  })

  it('challenges whoever shows no token that counts', async () => {
    const refused = await ask('GET', '/module/Accounts', { token: 'nonsense' })

    expect(refused).toMatchObject({ status: 401, errors: [{ code: 'UNAUTHENTICATED' }] })
    expect(refused.headers.get('www-authenticate')).toContain('Bearer')
  })

  it('refuses media types that JSON:API does not allow', async () => {
    const body = { data: { type: 'Accounts', attributes: { name: 'A' } } }
    const extended = 'application/vnd.api+json; ext="https://example.com/ext"'

    expect((await ask('GET', '/module/Accounts', { headers: { accept: extended } })).status).toBe(406)
    expect((await ask('GET', '/module/Accounts', { headers: { accept: 'text/html' } })).status).toBe(406)
    expect(
      (await ask('GET', '/module/Accounts', { headers: { accept: `${extended}, application/vnd.api+json` } })).status,
    ).toBe(200)
    expect((await ask('POST', '/module/Accounts', { body, headers: { 'content-type': extended } })).status).toBe(415)
    expect((await ask('POST', '/module/Accounts', { body, headers: { 'content-type': 'text/plain' } })).status).toBe(
      415,
    )
    expect((await ask('POST', '/module/Accounts', { body: '{' })).status).toBe(400)
  })
})

describe('a change with If-Match', () => {
  it('is refused with the tag of today when the record has changed, and changes nothing', async () => {
    const { id } = await made('Accounts', { name: 'First' })
    const path = `/module/Accounts/${id}`
    const seen = (await ask('GET', path)).headers.get('etag') ?? ''
    const rename = (name: string, tag: string) =>
      ask('PATCH', path, {
        body: { data: { type: 'Accounts', id, attributes: { name } } },
        headers: { 'if-match': tag },
      })
    await rename('Second', seen)

    const late = await rename('Third', seen)
    const gone = await ask('DELETE', path, { headers: { 'if-match': seen } })
    const read = await ask('GET', path)

    expect(late).toMatchObject({
      status: 412,
      errors: [{ code: 'PRECONDITION_FAILED', source: { header: 'If-Match' } }],
    })
    expect(late.headers.get('etag')).toBe(read.headers.get('etag'))
    expect(gone.status).toBe(412)
    expect(read.data.attributes['name']).toBe('Second')
  })

  it('holds for relationships too: of many that were made from one version, all or none are refused', async () => {
    const { id } = await made('Accounts', { name: 'Related' })
    const { id: contact } = await made('Contacts', { last_name: 'Doe' })
    const path = `/module/Accounts/${id}`
    const seen = (await ask('GET', path)).headers.get('etag') ?? ''
    const headers = { 'if-match': seen }
    const relate = () =>
      ask('POST', `${path}/relationships/contacts`, { body: { data: [{ type: 'Contacts', id: contact }] }, headers })
    const parent = (other: string) =>
      ask('PATCH', `${path}/relationships/member_of`, { body: { data: { type: 'Accounts', id: other } }, headers })
    const others = await Promise.all([1, 2, 3, 4].map(at => made('Accounts', { name: `Parent ${at}` })))

    expect((await relate()).status).toBe(204)
    const raced = await Promise.all(others.map(other => parent(other.id)))
    const late = await relate()

    expect(raced.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 412, 412, 412])
    expect(late).toMatchObject({ status: 412, errors: [{ code: 'PRECONDITION_FAILED' }] })
    expect(late.headers.get('etag')).toBe((await ask('GET', path)).headers.get('etag'))
  })

  it.each([
    ['*', 200],
    ['"1"', 200],
    ['"7", "1"', 200],
    ['"7", "8"', 412],
    ['W/"1"', 412],
    ['nonsense', 412],
  ])('compares %s as RFC 9110 does', async (tag, status) => {
    const { id } = await made('Accounts', { name: 'Matched' })
    const body = { data: { type: 'Accounts', id, attributes: { name: 'Again' } } }

    expect((await ask('PATCH', `/module/Accounts/${id}`, { body, headers: { 'if-match': tag } })).status).toBe(status)
  })
})

describe('a rehearsal', () => {
  const headers = { prefer: 'validate-only' }

  it('checks as the change would, and stores nothing', async () => {
    const kept = await made('Accounts', { name: 'Kept' })
    const contact = await made('Contacts', { last_name: 'Doe' })
    const path = `/module/Accounts/${kept.id}`
    const before = await house.sql`select count(*)::int as n from accounts`
    const data = { type: 'Accounts', attributes: { name: 'Never' } }

    const all = [
      await ask('POST', '/module/Accounts', { body: { data }, headers }),
      await ask('PATCH', path, { body: { data: { ...data, id: kept.id } }, headers }),
      await ask('POST', `${path}/relationships/contacts`, {
        body: { data: [{ type: 'Contacts', id: contact.id }] },
        headers,
      }),
      await ask('DELETE', path, { headers }),
    ]
    const wrong = await ask('POST', '/module/Accounts', {
      body: { data: { type: 'Accounts', attributes: {} } },
      headers,
    })

    for (const { status, meta, headers } of all) {
      expect({ status, meta }).toEqual({ status: 200, meta: { valid: true } })
      expect(headers.get('preference-applied')).toBe('validate-only')
    }
    expect(wrong.status).toBe(422)
    expect(await house.sql`select count(*)::int as n from accounts`).toEqual(before)
    expect((await ask('GET', path)).data).toMatchObject({ attributes: { name: 'Kept' }, meta: { version: 1 } })
    expect((await ask('GET', `${path}/relationships/contacts`)).data).toEqual([])
  })
})
