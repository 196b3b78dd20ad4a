import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { testDatabase } from '../database.ts'
import { writer } from '../crm/writes/writer.ts'
import { createCopy, differences } from './copy.ts'

const { pool: sql, url } = await testDatabase()

const kills = 6
const latestMs = 600

/** Starts a writer, and kills it at a random moment of its work. */
async function writeAndDie() {
  const program = fileURLToPath(new URL('dying.ts', import.meta.url))
  const hooks = new URL('../../gateway/typescript.mjs', import.meta.url).href
  const child = spawn(process.execPath, ['--import', hooks, program, url], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), exit])
  await pause(Math.random() * latestMs)
  child.kill('SIGKILL')
  const [, signal] = (await exit) as [number | null, string | null]
  return signal
}

type Row = {
  type: string
  id: string
  sequence: number
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
}

it('every change that was committed has its event and none that was not, whenever its writer is killed', async () => {
  for (let done = 0; done < kills; done += 2)
    expect(await Promise.all([writeAndDie(), writeAndDie()])).toEqual(['SIGKILL', 'SIGKILL'])
  const open = () => sql`select from pg_stat_activity where datname = current_database() and backend_xid is not null`
  await expect.poll(open).toHaveLength(0)

  const events = await sql<Row[]>`
    select type, record_id as id, sequence::int, before, after from event_log where module = 'Accounts' order by position, event_log.id`
  const copy = createCopy()
  for (const { type, id, sequence, before, after } of events) {
    const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
    const changes = names.map(name => [name, { old: before?.[name] ?? null, new: after?.[name] ?? null }] as const)
    copy.apply({ type, recordId: id, sequence, changes: Object.fromEntries(changes) })
  }
  expect(copy.faults).toEqual([])

  const stored = createCopy()
  const reader = writer(sql)
  for (const { id } of await sql<{ id: string }[]>`select id from accounts where not deleted`) {
    const row = await reader.read('Accounts', id)
    const told = Object.keys(copy.records.get(id) ?? {})
    stored.put(id, Object.fromEntries(told.map(name => [name, asTold(row?.[name])])))
  }
  expect(events.length).toBeGreaterThan(50)
  expect(differences(copy.records, stored.records)).toEqual([])

  const [links] = await sql<{ pairs: number; told: number }[]>`
    select (select count(*)::int from accounts_contacts) as pairs,
      (select count(*)::int from event_log where type = 'Contacts.related') as told`
  expect(links?.told).toBe(links?.pairs)
}, 120_000)

/** As events write values. */
const asTold = (value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(value)
    ? `${value.slice(0, 19).replace(' ', 'T')}Z`
    : value
