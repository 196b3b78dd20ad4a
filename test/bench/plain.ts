import { randomUUID } from 'node:crypto'
import { fastify } from 'fastify'
import { connect, extended } from '../../drizzle/client.ts'
import { isReadable } from '../../drizzle/expression.ts'
import { findLinked, findPage, findRecord } from '../../drizzle/select.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { createRecord } from '../../subgraphs/crm/create.ts'
import { contextOn } from './context.ts'
import { statementsOf, type Sent } from './explain.ts'
import { madeName } from './scenarios.ts'

// The least that a server on this database can do: Fastify and postgres.js, the same prepared statements as Switchyard's, rows
// answered as JSON as they are. Run by the benchmark in a process of its own: `plain.ts postgres://...`.

const placeholder = 'the-id-goes-here'
const pool = connect(process.argv[2] ?? '')
const ctx = contextOn(pool)
const accounts = coreCatalog.byName.get('Accounts')
if (!accounts) throw new Error('there are no Accounts')
const module = accounts
const contacts = coreCatalog.links(module).get('contacts')
if (!contacts) throw new Error('accounts have no contacts')

const every = Object.keys(module.fields).filter(name => isReadable(coreCatalog, module, name))
const three = ['id', 'name', 'industry', 'phone_office']
const byId = [{ field: 'id', direction: 'asc' }] as const

const first = async (work: (c: typeof ctx) => Promise<unknown>): Promise<Sent> => {
  const [sent] = await statementsOf(ctx, work)
  if (!sent) throw new Error('no statement was sent')
  return sent
}
const statements = {
  one: await first(c => findRecord(c, module, 'x', every)),
  short: await first(c => findRecord(c, module, 'x', three)),
  all: await first(c => findPage(c, module, { fields: ['id', ...every], sort: byId, limit: 20 })),
  three: await first(c => findPage(c, module, { fields: three, sort: byId, limit: 20 })),
  newest: await first(c => findPage(c, module, { fields: ['id', 'name'], limit: 20 })),
  contacts: await first(c => findLinked(c, contacts, ['x'], { fields: ['id', 'full_name'], limit: 5 })),
  insert: await insertStatement(),
}

type Row = Record<string, unknown>

const send = ({ text }: Sent, values: readonly unknown[]) => pool.unsafe<Row[]>(text, values as never[], extended(true))

const app = fastify()
app.get<{ Params: { id: string } }>('/one/:id', async ({ params }) => (await send(statements.one, [params.id]))[0])
app.get<{ Params: { id: string } }>('/short/:id', async ({ params }) => (await send(statements.short, [params.id]))[0])
app.get('/list/all', () => send(statements.all, statements.all.values))
app.get('/list/three', () => send(statements.three, statements.three.values))
app.get('/nested', async () => {
  const rows = await send(statements.newest, statements.newest.values)
  const [, ...rest] = statements.contacts.values
  const people = await send(statements.contacts, [rows.map(row => row.id), ...rest])
  const byAccount = Map.groupBy(people, row => row['#parent'])
  return rows.map(row => ({ ...row, contacts: byAccount.get(row.id) ?? [] }))
})
app.get('/insert', async () => {
  const id = randomUUID()
  const { values, text } = statements.insert
  await send(
    { text, values },
    values.map(value => (value === placeholder ? id : value)),
  )
  return { id }
})
app.get<{ Params: { id: string } }>('/client/:id', async ({ params }) => {
  const [client] = await pool<
    Row[]
  >`select id, name, allowed_grant_type, assigned_user_id from oauth2clients where id = ${params.id}`
  return client
})
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))

process.on('SIGTERM', () => {
  void app.close().then(() => pool.end())
})

/** The insert that a new account is, taken from one that is made and undone. */
async function insertStatement(): Promise<Sent> {
  let sent: readonly Sent[] = []
  const undone = new Error('undone')
  await pool
    .begin(async sql => {
      sent = await statementsOf({ ...ctx, sql }, c =>
        createRecord(c, module, { id: placeholder, name: madeName, phone_office: '+49 30 1' }),
      )
      throw undone
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error
    })
  const insert = sent.find(({ text }) => text.includes('insert into "accounts"'))
  if (!insert) throw new Error('no account was inserted')
  return insert
}
