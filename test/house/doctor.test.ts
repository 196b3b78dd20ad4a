import { mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { examine, type Finding } from '../../gateway/doctor.ts'
import { testDatabase } from '../database.ts'

const place = mkdtempSync(path.join(tmpdir(), 'switchyard-doctor-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const migrated = await testDatabase()
const empty = await testDatabase({ empty: true })

async function findings(environment: Record<string, string>) {
  const all: Finding[] = []
  for await (const finding of examine({ DATA_DIR: path.join(place, 'data'), PORT: '0', ...environment }))
    all.push(finding)
  return all
}

const wrongs = (all: Finding[]) => all.filter(({ state }) => state === 'wrong')
const about = (all: Finding[], word: string) => all.find(({ what }) => what.includes(word))

it('finds nothing wrong with a fresh machine, and creates nothing', async () => {
  const all = await findings({})

  expect(wrongs(all)).toEqual([])
  expect(about(all, 'no database yet')).toMatchObject({ state: 'note' })
})

it('tells a database that is up to date from one that lacks migrations', async () => {
  expect(about(await findings({ DATABASE_URL: migrated.url }), 'migrations')).toMatchObject({ state: 'ok' })
  expect(about(await findings({ DATABASE_URL: empty.url }), 'migrations')).toMatchObject({
    state: 'note',
    fix: expect.stringContaining('switchyard migrate') as string,
  })
})

it('tells when background work was last done, and who does it when that was long ago', async () => {
  const background = async () => about(await findings({ DATABASE_URL: migrated.url }), 'Background work')
  const never = await background()
  await migrated.pool`insert into chores (name, started_at, finished_at) values ('x', now() at time zone 'utc', now() at time zone 'utc' - interval '2 hours')`
  const longAgo = await background()
  await migrated.pool`update chores set finished_at = now() at time zone 'utc'`

  expect([never?.state, longAgo?.state, (await background())?.state]).toEqual(['note', 'note', 'ok'])
  expect(longAgo).toMatchObject({ what: 'Background work was last done 120 minutes ago' })
  expect(longAgo?.fix).toContain('switchyard work')
})

it('says how to make a database that does not exist, and never its password', async () => {
  const url = new URL(migrated.url)
  url.pathname = '/nowhere'

  const [wrong] = wrongs(await findings({ DATABASE_URL: url.href }))

  expect(wrong?.what).toContain('create database nowhere')
  expect(JSON.stringify(wrong)).not.toContain(url.password || 'postgres://')
})

it('says when nobody listens at DATABASE_URL', async () => {
  const [wrong] = wrongs(await findings({ DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/crm' }))

  expect(wrong?.what).toBe(
    'The database at 127.0.0.1:1/crm (DATABASE_URL) cannot be used: nobody listens there. Is the server running, and the port right?',
  )
})

it('warns of a database that lowers ASCII letters only', async () => {
  await migrated.pool.unsafe(
    `create database ascii_${process.pid} template template0 encoding 'UTF8' locale_provider 'libc' locale 'C'`,
  )
  const url = new URL(migrated.url)
  url.pathname = `/ascii_${process.pid}`

  const all = await findings({ DATABASE_URL: url.href })

  await migrated.pool.unsafe(`drop database ascii_${process.pid}`)
  expect(wrongs(all)[0]).toMatchObject({
    what: expect.stringContaining(`lower('Ä')`) as string,
    fix: expect.stringContaining('C.UTF-8') as string,
  })
})

it('names the program that has taken the port, by how to find it', async () => {
  const other = net.createServer(socket => socket.end()).listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as net.AddressInfo

  const [wrong] = wrongs(await findings({ PORT: String(port) }))

  other.close()
  expect(wrong).toMatchObject({
    what: `Another program listens on 127.0.0.1:${port}`,
    fix: expect.stringContaining(`sport = :${port}`) as string,
  })
})

it('shows wrong settings as one finding and still looks at the rest', async () => {
  const all = await findings({ PORT: 'http' })

  expect(wrongs(all)).toHaveLength(1)
  expect(about(all, 'PORT is "http"')).toBeDefined()
  expect(about(all, 'Packages for')).toMatchObject({ state: 'ok' })
})

it('says who may not write where', async () => {
  const [wrong] = wrongs(await findings({ DATA_DIR: '/proc/switchyard' }))

  expect(wrong?.what).toContain('DATA_DIR /proc/switchyard cannot be written')
})
