import { describe, expect, it } from 'vitest'
import { anAccount, attributesOf, before, detailOf, failing } from './door.ts'

const id = 'aaaaaaaa-0000-4000-8000-00000000000a'
const path = `/module/Accounts/${id}`

describe('a record', () => {
  it('is text in the order of its fields, pretty-printed as PHP does', async () => {
    const { ask } = before(() => ({ data: { r: anAccount({ account_type: 'Customer' }) } }))

    const answer = await ask('GET', path, { query: 'fields[Accounts]=account_type,name,employees' })

    expect(answer.headers['content-type']).toBe('application/vnd.api+json')
    expect(answer.body).toMatch(
      /^\{\n {4}"data": \{\n {8}"type": "Account",\n {8}"id": "aaaaaaaa-[^"]+",\n {8}"attributes": \{\n {12}"name": "Acme",\n {12}"account_type": "Customer",\n {12}"employees": ""\n {8}\},\n {8}"relationships": \{\n {12}"AOS_Contracts": \{\n/,
    )
    expect(answer.body).toBe(JSON.stringify(answer.json(), null, 4))
  })

  it('escapes quotes and angle brackets, and leaves ampersands, slashes and letters as they are', async () => {
    const { ask } = before(() => ({ data: { r: anAccount({ name: `<b> "O'Lee" & Söhne/Łódź 🎉\u2028` }) } }))

    const answer = await ask('GET', path, { query: 'fields[Accounts]=name' })

    expect(answer.body).toContain('"&lt;b&gt; &quot;O&#039;Lee&quot; & Söhne/Łódź 🎉\\u2028"')
  })

  it('loses seconds unless the user sees them', async () => {
    const graph = () => ({ data: { r: anAccount() } })
    const withSeconds = { dateStyle: { timezone: 'Asia/Tokyo', dateFormat: 'd.m.Y', timeFormat: 'H:i:s' } }

    const [usual, precise] = [before(graph), before(graph, withSeconds)]

    expect((await usual.ask('GET', path)).body).toContain('"date_entered": "2030-01-02T03:04:00+00:00"')
    expect((await precise.ask('GET', path)).body).toContain('"date_entered": "2030-01-02T03:04:05+00:00"')
  })

  it('answers false for a flag that was never set, and text for one that was', async () => {
    const contact = { id, do_not_call: true, portal_account_disabled: null, email_opt_out: null, deleted: false }
    const { ask } = before(() => ({ data: { r: contact } }))

    const attributes = attributesOf(await ask('GET', `/module/Contacts/${id}`))

    expect(attributes).toMatchObject({
      ...{ do_not_call: '1', deleted: '0', portal_account_disabled: false, email_opt_out: '' },
    })
  })

  it('shows a link as an object when SuiteCRM had to follow it for a name', async () => {
    const account = (parent: object) => before(() => ({ data: { r: anAccount({ campaign_id: null, ...parent }) } }))
    const query = 'fields[Accounts]=member_of,members,campaign_accounts'
    const linksOf = async ({ ask }: ReturnType<typeof account>) => attributesOf(await ask('GET', path, { query }))

    const [alone, member] = [account({ parent_id: null }), account({ parent_id: 'b', parent_name: 'Big' })]

    expect(await linksOf(alone)).toEqual({ members: '', member_of: {}, campaign_accounts: {} })
    expect(await linksOf(member)).toEqual({ members: '', member_of: '', campaign_accounts: {} })
  })

  it('never shows what is hidden, and then has no attributes', async () => {
    const { ask, asked } = before(() => ({ data: { r: { id: '1' } } }))

    const answer = await ask('GET', '/module/Users/1', { query: 'fields[Users]=user_name,user_hash,id' })

    expect(answer.json()['data']).toMatchObject({ type: 'User', attributes: [] })
    expect(asked[0]?.text).not.toMatch(/user_hash/)
  })

  it('asks the graph only for what is answered, with one operation for one set of fields', async () => {
    const { ask, asked } = before(() => ({ data: { r: anAccount() } }))

    await ask('GET', path, { query: 'fields[Accounts]=name,industry' })
    await ask('GET', path, { query: 'fields[Account]=industry,name' })

    expect(asked[0]?.text).toContain('{ id industry name }')
    expect(asked[1]?.text).toBe(asked[0]?.text)
  })

  it('is found by the name of its class, which then stands in its links', async () => {
    const { ask } = before(() => ({ data: { r: anAccount() } }))

    const answer = await ask('GET', `/module/Account/${id}`)

    expect(answer.body).toContain(`"V8/module/Account/${id}/relationships/contacts"`)
  })

  it('is missed and refused in the words of SuiteCRM', async () => {
    const missing = await before(() => ({ data: { r: null } })).ask('GET', path)
    const forbidden = await before(() => failing('FORBIDDEN')).ask('GET', path)
    const unknown = await before(() => ({ data: {} })).ask('GET', '/module/accounts/12')

    expect([missing, forbidden, unknown].map(detailOf)).toEqual([
      `Accounts module with id ${id} is not found`,
      '[SuiteCRM] [AccessDeniedException] ',
      'Module with name accounts is not found',
    ])
    expect(missing.status).toBe(400)
  })

  it('shows the acting user whole, with dates as that user reads them', async () => {
    const user = {
      id: '1',
      user_name: 'admin',
      is_admin: true,
      date_entered: '2030-01-02T03:04:05Z',
      factor_auth: null,
    }
    const { ask } = before(() => ({ data: { r: user } }), {
      dateStyle: { timezone: 'Asia/Tokyo', dateFormat: 'd.m.Y', timeFormat: 'h:i A' },
    })

    const attributes = attributesOf(await ask('GET', '/current-user'))

    expect(attributes).toMatchObject({
      ...{ id: '1', user_name: 'admin', is_admin: '1', date_entered: '02.01.2030 12:04 PM', factor_auth: '' },
    })
    expect(attributes).not.toHaveProperty('user_hash')
  })
})
