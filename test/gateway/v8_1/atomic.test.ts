import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { house8_1 } from './house.ts'

const house = await house8_1({ settings: { OPERATIONS_MAX: '100' } })
const { ask, sql } = house

const type = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"'

async function send(operations: unknown, headers: Readonly<Record<string, string>> = {}, as: 'ada' | 'ben' = 'ada') {
  const body = { 'atomic:operations': operations }
  const answer = await ask('POST', '/operations', { body, headers: { 'content-type': type, ...headers }, as })
  const { 'atomic:results': results } = JSON.parse(answer.text || '{}') as {
    'atomic:results'?: { data?: { id: string }; meta?: { replayed: boolean } }[]
  }
  return { ...answer, results }
}

const named = (mark: string) => sql`select id from accounts where name like ${`${mark}%`} and not deleted`
const add = (name: string, more: object = {}) => ({
  op: 'add',
  data: { type: 'Accounts', attributes: { name }, ...more },
})

describe('operations', () => {
  it('make, change, relate and remove records in their order, and answer each', async () => {
    const mark = randomUUID()
    const old = await house.made('Accounts', { name: `${mark} old` })

    const { status, headers, results } = await send([
      add(`${mark} new`, { lid: 'new' }),
      { op: 'add', data: { type: 'Contacts', lid: 'ann', attributes: { last_name: mark } } },
      {
        op: 'add',
        ref: { type: 'Accounts', lid: 'new', relationship: 'contacts' },
        data: [{ type: 'Contacts', lid: 'ann' }],
      },
      { op: 'update', data: { type: 'Accounts', lid: 'new', attributes: { description: 'related' } } },
      {
        op: 'update',
        ref: { type: 'Accounts', lid: 'new', relationship: 'member_of' },
        data: { type: 'Accounts', id: old.id },
      },
      {
        op: 'remove',
        ref: { type: 'Accounts', lid: 'new', relationship: 'contacts' },
        data: [{ type: 'Contacts', lid: 'ann' }],
      },
      { op: 'remove', ref: { type: 'Contacts', lid: 'ann' } },
    ])

    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe(type)
    expect(results).toMatchObject([
      { data: { type: 'Accounts', attributes: { name: `${mark} new` } } },
      { data: { type: 'Contacts' } },
      {},
      { data: { attributes: { description: 'related' } } },
      {},
      {},
      {},
    ])
    const id = results?.[0]?.data?.id ?? ''
    expect(await sql`select parent_id from accounts where id = ${id}`).toEqual([{ parent_id: old.id }])
    expect(await sql`select deleted from contacts where last_name = ${mark}`).toEqual([{ deleted: true }])
  })

  it('are none of them stored when one fails, which is told by its place', async () => {
    const mark = randomUUID()

    const { status, errors } = await send([
      add(`${mark} 1`),
      add(`${mark} 2`, { attributes: { name: `${mark} 2`, employees: 5, nonsense: 1 } }),
      add(`${mark} 3`),
    ])

    expect(status).toBe(422)
    expect(errors.map(({ source }) => source?.['pointer'])).toEqual([
      expect.stringMatching(/^\/atomic:operations\/1\/data\/attributes\//),
      expect.stringMatching(/^\/atomic:operations\/1\/data\/attributes\//),
    ])
    expect(await named(mark)).toHaveLength(0)
    expect(await sql`select from event_log where after->>'name' like ${`${mark}%`}`).toHaveLength(0)
  })

  it('answer nothing when there is nothing to answer', async () => {
    const { id } = await house.made('Accounts', { name: 'gone' })

    expect((await send([{ op: 'remove', ref: { type: 'Accounts', id } }])).status).toBe(204)
  })

  it('keep to the version that the client has seen', async () => {
    const { id } = await house.made('Accounts', { name: 'a' })
    const change = (version: number) => ({
      ...{ op: 'update', meta: { version } },
      data: { type: 'Accounts', id, attributes: { name: `b ${version}` } },
    })

    const [stale, fresh] = [await send([change(7)]), await send([change(1)])]

    expect(stale).toMatchObject({ status: 412, errors: [{ source: { pointer: '/atomic:operations/0/meta/version' } }] })
    expect(fresh.status).toBe(200)
  })

  it('only check when they are asked to', async () => {
    const mark = randomUUID()

    const change = (attributes: object) => ({ op: 'update', data: { type: 'Accounts', lid: 'a', attributes } })
    const check = (attributes: object) =>
      send([add(`${mark} 1`, { lid: 'a' }), change(attributes)], { prefer: 'validate-only' })

    const [good, bad] = [await check({ website: 'https://example.com' }), await check({ name: '' })]

    expect([good.status, bad.status]).toEqual([200, 422])
    expect(good.meta).toEqual({ valid: true })
    expect(bad.errors[0].source).toEqual({ pointer: '/atomic:operations/1/data/attributes/name' })
    expect(await named(mark)).toHaveLength(0)
  })

  it('are stored once for an Idempotency-Key, also when the answer was lost', async () => {
    const [mark, key] = [randomUUID(), randomUUID()]
    const operations = [
      add(`${mark} 1`, { lid: 'a' }),
      { op: 'update', data: { type: 'Accounts', lid: 'a', attributes: { employees: '7' } } },
    ]
    const first = await send(operations, { 'idempotency-key': key })
    await sql`update idempotency_request set status = null, sealed_body = null, leased_until = '2000-01-01' where key = ${key}`

    const again = await send(operations, { 'idempotency-key': key })

    expect(again.status).toBe(200)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.results?.map(({ data }) => data?.id)).toEqual(first.results?.map(({ data }) => data?.id))
    expect(await named(mark)).toHaveLength(1)
  })

  it('may each have a key of their own, and those that were done before are not done again', async () => {
    const mark = randomUUID()
    const keyed = (n: number) => ({
      ...add(`${mark} ${n}`, { lid: `a${n}` }),
      meta: { idempotencyKey: `${mark} ${n}`.replace(' ', ':') },
    })
    const numbers = (from: number) => Array.from({ length: 50 }, (_, n) => from + n)
    const first = await send([...numbers(0), ...numbers(50)].map(keyed))

    const again = await send([...numbers(50), ...numbers(100)].map(keyed))

    const replayed = again.results?.map(({ meta }) => meta?.replayed === true)
    expect(replayed).toEqual([...numbers(50).map(() => true), ...numbers(100).map(() => false)])
    expect(again.results?.slice(0, 50).map(({ data }) => data?.id)).toEqual(
      first.results?.slice(50).map(({ data }) => data?.id),
    )
    expect(await named(mark)).toHaveLength(150)
  })

  it('lead by lid to the record that was made before, and refuse a key that was used for something else', async () => {
    const mark = randomUUID()
    const meta = { idempotencyKey: mark }
    const make = { ...add(`${mark} 1`, { lid: 'a' }), meta }
    const first = await send([make])

    const change = { op: 'update', data: { type: 'Accounts', lid: 'a', attributes: { description: 'later' } } }
    const again = await send([make, change])
    const other = await send([add(`${mark} 2`), { ...add(`${mark} 3`), meta }])

    expect(again.results?.[1]?.data?.id).toBe(first.results?.[0]?.data?.id)
    expect(other).toMatchObject({
      status: 422,
      errors: [{ code: 'KEY_REUSED', source: { pointer: expect.stringMatching(/^\/atomic:operations\/1/) as string } }],
    })
    expect(await named(mark)).toHaveLength(1)
  })

  it('need the rights that each needs alone', async () => {
    const mark = randomUUID()
    const user = { op: 'add', data: { type: 'Users', attributes: { user_name: mark, last_name: mark } } }

    const { status, errors } = await send([add(`${mark} 1`), user], {}, 'ben')

    expect(status).toBe(403)
    expect(errors[0].source).toEqual({ pointer: '/atomic:operations/1' })
    expect(await named(mark)).toHaveLength(0)
  })

  it.each([
    ['no list', {}, 400],
    ['an empty list', [], 400],
    ['too many', Array.from({ length: 101 }, () => add('x')), 413],
    ['another op', [{ op: 'replace', data: { type: 'Accounts' } }], 400],
    ['an address', [{ op: 'remove', href: '/Api/V8/module/Accounts/1' }], 400],
    ['no such module', [{ op: 'add', data: { type: 'Nothing' } }], 404],
    ['no id', [{ op: 'update', data: { type: 'Accounts', attributes: {} } }], 400],
    ['a lid that names nothing', [{ op: 'remove', ref: { type: 'Accounts', lid: 'x' } }], 400],
    ['an operation that is none', [1], 400],
  ])('are refused: %s', async (_what, operations, status) => {
    expect((await send(operations)).status).toBe(status)
  })

  it('must say that they are operations', async () => {
    const body = { 'atomic:operations': [add('x')] }

    expect((await ask('POST', '/operations', { body })).status).toBe(415)
    expect(
      (await ask('POST', '/module', { body: { data: add('x').data }, headers: { 'content-type': type } })).status,
    ).toBe(415)
  })
})
