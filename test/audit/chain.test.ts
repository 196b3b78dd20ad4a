import { describe, expect, it } from 'vitest'
import { audit } from '../../drizzle/audit.ts'
import { canonicalJson } from '../../drizzle/canonical-json.ts'
import { transaction } from '../../drizzle/context.ts'
import { verifyTrail } from '../../drizzle/verify-audit.ts'
import { testDatabase } from '../database.ts'
import { operatorOn } from '../operator.ts'

const { pool } = await testDatabase()
const operator = operatorOn(pool)

const change = (name: string) =>
  transaction(operator, async tx =>
    audit(tx, { action: 'client.changed', id: 'c', before: { name: 'old' }, after: { name } }),
  )

/** What somebody does who has the rights of the table's owner; undone when it has been looked at. */
async function tamperedBy(statements: string, options: Parameters<typeof verifyTrail>[1] = {}) {
  const undo = new Error('undo')
  let verdict: Awaited<ReturnType<typeof verifyTrail>> | undefined
  await pool
    .begin(async sql => {
      await sql.unsafe(`alter table audit_entry disable trigger all; ${statements}`)
      verdict = await verifyTrail(sql, options)
      throw undo
    })
    .catch((error: unknown) => expect(error).toBe(undo))
  return verdict
}

for (const name of ['one', 'two', 'three', 'four', 'five', 'six', 'seven']) await change(name)

describe('the chain of entries', () => {
  it('is whole as it is written', async () => {
    const { count, head, fault } = await verifyTrail(pool)

    expect({ count, seq: head?.seq, fault }).toEqual({ count: 7, seq: 7, fault: undefined })
    expect(await verifyTrail(pool, { newest: 3 })).toEqual({ count: 3, head })
    expect(await verifyTrail(pool, { head: head?.hash })).toEqual({ count: 7, head })
  })

  it.each([
    ['a change', `update audit_entry set after = '{"name":"forged"}' where seq = 4`, 4, /not as it was written/],
    ['another author', `update audit_entry set user_id = '2' where seq = 5`, 5, /not as it was written/],
    ['another time', `update audit_entry set at = at + interval '1 ms' where seq = 1`, 1, /not as it was written/],
    ['a deletion', `delete from audit_entry where seq = 3`, 3, /entry 3 is missing/],
    ['a deletion of the first', `delete from audit_entry where seq = 1`, 1, /entry 1 is missing/],
    [
      'a deletion that renumbers',
      `delete from audit_entry where seq = 3; update audit_entry set seq = seq - 1 where seq > 3`,
      3,
      /not as it was written/,
    ],
    [
      'a swap',
      `update audit_entry set seq = -1 where seq = 2; update audit_entry set seq = 2 where seq = 3; update audit_entry set seq = 3 where seq = -1`,
      2,
      /not as it was written/,
    ],
    [
      'an entry that was put in',
      `insert into audit_entry select 8, at, action, subject_id, related_id, user_id, user_name, client_id, key_id, door, request_id, before, after, hash from audit_entry where seq = 7`,
      8,
      /not as it was written/,
    ],
  ])('shows %s', async (_what, statements, seq, why) => {
    const verdict = await tamperedBy(statements)

    expect(verdict?.fault).toEqual({ seq, why: expect.stringMatching(why) as string })
    expect(verdict?.count).toBe(seq - 1)
    expect((await verifyTrail(pool)).fault).toBeUndefined()
  })

  it('shows by a head that was noted that the end was cut off', async () => {
    const { head } = await verifyTrail(pool)
    const cut = 'delete from audit_entry where seq > 5'

    expect((await tamperedBy(cut))?.fault).toBeUndefined()
    expect((await tamperedBy(cut, { head: head?.hash }))?.fault).toMatchObject({
      seq: 6,
      why: expect.stringMatching(/cut or rewritten/) as string,
    })
    expect((await tamperedBy('truncate audit_entry', { head: head?.hash }))?.fault?.seq).toBe(1)
  })

  it('does not fork under many at once, and has no gap where a change is undone', async () => {
    const changes = Array.from({ length: 20 }, (_, i) => change(`at once ${i}`))
    const undone = Array.from({ length: 5 }, async () =>
      transaction(operator, async tx => {
        audit(tx, { action: 'client.changed', id: 'c', after: { name: 'undone' } })
        await tx.sql`select 1`
        throw new Error('undone')
      }),
    )

    const settled = await Promise.allSettled([...changes, ...undone])

    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(5)
    const { count, head, fault } = await verifyTrail(pool)
    expect({ count, seq: head?.seq, fault }).toEqual({ count: 27, seq: 27, fault: undefined })
    expect(await pool`select from audit_entry where after ->> 'name' = 'undone'`).toHaveLength(0)
  })

  it.each(['update audit_entry set user_name = user_name', 'delete from audit_entry', 'truncate audit_entry'])(
    'refuses "%s"',
    async statement => {
      await expect(pool.unsafe(statement)).rejects.toThrow(/never changed or deleted/)
    },
  )

  it('holds whatever text and number a change has', async () => {
    const odd = { name: 'a\0b\ud800 \u{1F600} "\\', scopes: [1e21, 0.1, -0, 12345678901234, null, { b: 1, a: [] }] }

    await transaction(operator, async tx => audit(tx, { action: 'client.created', id: '\0x', after: odd }))

    expect((await verifyTrail(pool)).fault).toBeUndefined()
    const [entry] =
      await pool`select subject_id, after -> 'scopes' as scopes from audit_entry order by seq desc limit 1`
    expect(entry).toMatchObject({ subject_id: 'x', scopes: [1e21, 0.1, 0, 12345678901234, null, { b: 1, a: [] }] })
  })

  it('refuses a change outside of a transaction, which it could not be part of', () => {
    expect(() => audit(operator, { action: 'client.changed', id: 'c' })).toThrow(/no transaction/)
  })
})

it.each([
  [{ b: 1, a: { d: undefined, c: [3, undefined] } }, '{"a":{"c":[3,null]},"b":1}'],
  [{ '10': 1, '9': 2, '\u20ac': 3, '\ud83d\ude00': 4 }, '{"10":1,"9":2,"\u20ac":3,"\ud83d\ude00":4}'],
  [[1e21, 0.1, 1e-7, -0], '[1e+21,0.1,1e-7,0]'],
])('JSON has one form: %j', (value, text) => {
  expect(canonicalJson(value)).toBe(text)
})
