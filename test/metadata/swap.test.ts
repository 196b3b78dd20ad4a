import { expect, it, vi } from 'vitest'
import { definitionsChannel } from '../../drizzle/definitions.ts'
import { examine } from '../../gateway/doctor.ts'
import { servedHouse } from '../gateway/served.ts'
import { run } from '../house/switchyard.ts'
import { doorsOf, type Json } from './doors.ts'

vi.setConfig({ testTimeout: 120_000 })

// The records are in a process of their own, which follows the definitions by itself.
const house = await servedHouse({ apart: ['crm'] })
const here = doorsOf(house, house.url)

const version = async () => (await here.graphql('{ definitionsVersion }')).data?.definitionsVersion

async function added(name: string) {
  const { data } = await here.graphql(
    `mutation { addField(module: "Accounts", input: { name: "${name}", kind: INT, default: "7" }) { version } }`,
  )
  return data?.addField?.version
}

const readField = async (door: ReturnType<typeof doorsOf>, name: string) =>
  (await door.graphql(`{ accounts(first: 1) { nodes { ${name} } } }`)).data?.accounts?.nodes

it('follows in a subgraph apart', async () => {
  await here.graphql('mutation { createAccount(input: { name: "Acme" }) { id } }')

  await added('apart')

  await expect.poll(() => readField(here, 'apart_c'), { timeout: 60_000 }).toEqual([{ apart_c: 7 }])
})

it('lets no request fail while definitions change', async () => {
  let isOver = false
  const failures: unknown[] = []
  let answers = 0
  async function client(ask: () => Promise<{ readonly failed: boolean; readonly answer: unknown }>) {
    while (!isOver) {
      const { failed, answer } = await ask()
      answers += 1
      if (failed) failures.push(answer)
    }
  }
  const clients = [
    client(async () => {
      const answer = await here.graphql('{ accounts { nodes { id name contacts { totalCount } } } }')
      return { failed: answer.errors !== undefined, answer }
    }),
    client(async () => {
      const answer = await here.v8('/module/Accounts')
      return { failed: answer.status !== 200, answer }
    }),
    client(async () => {
      const answer = await here.graphql('mutation { createLead(input: { last_name: "A" }) { id } }')
      return { failed: answer.errors !== undefined, answer }
    }),
  ]

  for (const name of ['load_x', 'load_y', 'load_z']) {
    const made = await added(name)
    const before = answers
    await expect.poll(version, { timeout: 60_000 }).toBe(made)
    await expect.poll(() => answers).toBeGreaterThan(before)
  }
  isOver = true
  await Promise.all(clients)

  expect(failures).toEqual([])
})

it('goes on serving what it has when new definitions cannot be composed, and says so everywhere', async () => {
  const served = await version()
  const broken = await house.sql.begin(async sql => {
    // Somebody has written into the table: `ApiClient` is a type of another subgraph.
    await sql`insert into custom_modules (name, label, type, one, many, table_name, links, date_entered, date_modified)
      values ('Clashes', 'Clashes', 'ApiClient', 'apiClient', 'apiClients', 'clashes', '[]', now(), now())`
    return changed(sql)
  })
  const told = () =>
    house.lines.find(
      line => line.request_id === `definitions: version ${broken} cannot be served, version ${String(served)} still is`,
    )

  await expect.poll(told, { timeout: 60_000 }).toBeDefined()
  expect([await version(), await readField(here, 'apart_c')]).toEqual([served, [{ apart_c: 7 }]])
  expect(await definitionsFinding()).toMatchObject({
    state: 'wrong',
    what: expect.stringMatching(/apiClient/i) as string,
  })

  await house.sql`delete from custom_modules where name = 'Clashes'`
  const mended = await changed(house.sql)
  await expect.poll(version, { timeout: 60_000 }).toBe(mended)
  expect(await definitionsFinding()).toMatchObject({ state: 'ok' })
})

it('has all of it after a restart', async () => {
  const { data } = await here.graphql(
    `mutation { addModule(input: { name: "Kites", fields: [{ name: "span", kind: INT, default: "3" }], links: [{ name: "owner", module: "Accounts" }] }) { version } }`,
  )
  await expect.poll(version, { timeout: 60_000 }).toBe(data?.addModule?.version)

  const again = doorsOf(house, (await house.another()).url)

  expect(await readField(again, 'apart_c load_z_c')).toEqual([{ apart_c: 7, load_z_c: 7 }])
  const kite = async () =>
    (await again.graphql('mutation { createKite(input: { name: "Red" }) { span owner { id } } }')).data
  await expect.poll(kite, { timeout: 60_000 }).toEqual({ createKite: { span: 3, owner: null } })
})

it('follows what is changed by commands, too', async () => {
  const environment = { DATABASE_URL: house.databaseUrl }
  const before = Number(await version())

  const field = await run(['field', 'add', 'Accounts', 'by_hand', '--kind', 'int', '--default', '7'], { environment })
  const refused = await run(['field', 'remove', 'Accounts', 'by_hand'], { environment })
  const forced = await run(['field', 'remove', 'Accounts', 'by_hand', '--force'], { environment })

  expect([field, forced].map(({ code }) => code)).toEqual([0, 0])
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('--force')])
  await expect.poll(version, { timeout: 60_000 }).toBe(before + 2)
})

async function changed(sql: Pick<typeof house.sql, 'unsafe'>): Promise<number> {
  const [row] = await sql.unsafe<{ version: number }[]>(
    'update metadata_version set version = version + 1 returning version',
  )
  await sql.unsafe(`select pg_notify('${definitionsChannel}', '')`)
  return row?.version ?? 0
}

async function definitionsFinding(): Promise<Partial<Json> | undefined> {
  for await (const finding of examine({ DATABASE_URL: house.databaseUrl, PORT: '0' }))
    if (finding.what.includes('definitions')) return finding as unknown as Json
  return undefined
}
