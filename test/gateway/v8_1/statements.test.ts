import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createMeter } from '../../../drizzle/meter.ts'
import { restContext } from '../../../gateway/rest-context.ts'
import { createV8_1Door } from '../../../rest-compat/v8_1/door.ts'
import { systemPrincipal } from '../../../schema/principal.ts'
import { passwordsOf } from '../../passwords.ts'
import { house8_1 } from './house.ts'

const { sql, graphs, users, made } = await house8_1()
const door = await createV8_1Door(graphs.current.catalog)
const accounts = await Promise.all(
  Array.from({ length: 12 }, (_, at) => made('Accounts', { name: `Account ${at}`, assigned_user_id: users.ben })),
)
await Promise.all(
  accounts.flatMap(({ id }) =>
    ['Ash', 'Doe', 'Roe'].map(last_name =>
      made('Contacts', { last_name, account_id: id, assigned_user_id: users.ada }),
    ),
  ),
)

/** How many statements a list takes, and how many records it answers. */
async function statementsFor(rawQuery: string) {
  const meter = createMeter()
  let statements = 0
  const counting = Object.assign(meter, {
    began: () => void (statements += 1),
    ended: () => undefined,
  })
  const house = { pool: sql, filesDir: '', passwords: passwordsOf(sql), now: () => new Date() }
  const caller = {
    ...{ principal: systemPrincipal, requestId: 'r', meter: counting, signal: new AbortController().signal },
    visit: { run: <Answer>(_price: unknown, _variables: unknown, execute: () => Promise<Answer>) => execute() },
  }
  const { status, body } = await door.handle({
    ...{ method: 'GET', base: '/Api/V8', path: '/module/Accounts', rawQuery, requestId: 'r', headers: {} },
    ...{ body: Buffer.alloc(0), requiresIfMatch: false, operationsMax: 1, logout: () => Promise.resolve() },
    context: restContext(graphs.current, house, caller, pino({ enabled: false })),
    refuse: () => {
      throw new Error('It is signed in')
    },
  })
  expect(status).toBe(200)
  const { data, included = [] } = JSON.parse(String(body)) as { data: unknown[]; included?: unknown[] }
  return { statements, records: data.length + included.length }
}

it('asks one statement for each link of a path, however many records there are', async () => {
  const include = 'include=contacts,contacts.assigned_user_link,assigned_user_link'
  const one = await statementsFor(`${include}&page[size]=1`)
  const many = await statementsFor(`${include}&page[size]=12`)
  const plain = await statementsFor('page[size]=12')

  expect(one.records).toBe(1 + 3 + 2)
  expect(many.records).toBe(12 + 36 + 2)
  expect(many.statements).toBe(one.statements)
  expect(many.statements).toBeLessThanOrEqual(plain.statements + 3)
})
