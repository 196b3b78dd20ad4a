import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startEmbedded, type Embedded } from '../../drizzle/embedded.ts'
import { packageNameFor, postgresPackage } from '../../drizzle/postgres-package.ts'
import { readPostmaster, stateOf } from '../../drizzle/postmaster.ts'

const place = mkdtempSync(path.join(tmpdir(), 'switchyard-embedded-'))
chmodSync(place, 0o755)
const dir = path.join(place, 'data', 'postgres')
const cluster = path.join(dir, 'cluster')

const running: Embedded[] = []
const start = async (folder = dir) => {
  const server = await startEmbedded({ dir: folder, log: () => undefined })
  running.push(server)
  return server
}

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

beforeAll(async () => {
  const server = await start()
  await ask(server.url, sql => sql`create table kept (id int)`)
  await ask(server.url, sql => sql`insert into kept values (1)`)
  await server.stop()
})

describe('a private PostgreSQL', () => {
  it('keeps its data from one start to the next', async () => {
    const server = await start()

    expect(server.adopted).toBe(false)
    expect(await rows(server.url)).toBe(1)
  })

  it('is closed to everybody without the password, which only its owner can read', async () => {
    const { url } = await start()
    const guess = new URL(url)
    guess.password = 'guess'

    await expect(rows(guess.href)).rejects.toMatchObject({ code: '28P01' })
    expect(statSync(path.join(dir, 'password')).mode & 0o777).toBe(0o600)
    expect(statSync(dir).mode & 0o077).toBe(0)
  })

  it('listens on this machine only, and lowers letters by Unicode', async () => {
    const { url } = await start()

    const [facts] = await ask(
      url,
      sql =>
        sql`select current_setting('listen_addresses') as at, current_setting('unix_socket_directories') as sockets, lower('ÄŻ') as lower`,
    )

    expect(facts).toEqual({ at: '127.0.0.1', sockets: '', lower: 'äż' })
  })

  it('is shared: whoever leaves first leaves it running, the last one stops it', async () => {
    const first = await start()
    const second = await start()
    expect(second).toMatchObject({ adopted: true, url: first.url })

    await first.stop()
    expect(await rows(second.url)).toBe(1)

    await second.stop()
    await expect(rows(second.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('can be made by two processes at the same time', async () => {
    const fresh = path.join(place, 'twins')

    const [one, other] = await Promise.all([aProcess(fresh), aProcess(fresh)])

    expect(one.url).toBe(other.url)
    expect(readdirSync(fresh).sort()).toEqual(['cluster', 'password', 'server.log'])
    await Promise.all([one.end('SIGTERM'), other.end('SIGTERM')])
    await expect(rows(one.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('after a crash', () => {
  it('comes back under the same URL when PostgreSQL is killed under us', async () => {
    const { url } = await start()

    process.kill(serverPid(), 'SIGKILL')

    await expect.poll(() => rows(url).catch(() => 'gone'), { timeout: 20_000 }).toBe(1)
  })

  it('adopts the server of a killed process, and stops it in the end', async () => {
    const killed = await aProcess(dir)
    await killed.end('SIGKILL')

    const server = await start()

    expect(server).toMatchObject({ adopted: true, url: killed.url })
    expect(await rows(server.url)).toBe(1)
    await server.stop()
    await expect(rows(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('starts when both were killed', async () => {
    const killed = await aProcess(dir)
    const pid = serverPid()
    await killed.end('SIGKILL')
    process.kill(pid, 'SIGKILL')

    const server = await start()

    expect(await rows(server.url)).toBe(1)
  })

  it('takes over from a stale postmaster.pid whose number now belongs to somebody else', async () => {
    const lines = [process.pid, cluster, 1_700_000_000, 1, '', '127.0.0.1', '', 'ready', '']
    writeFileSync(path.join(cluster, 'postmaster.pid'), lines.join('\n'), { mode: 0o600 })
    giveToServer(path.join(cluster, 'postmaster.pid'))

    const server = await start()

    expect(await rows(server.url)).toBe(1)
  })

  it('sees that a server lives whatever its postmaster.pid says', async () => {
    await start()

    expect(stateOf(cluster, { pid: process.pid, port: 1, text: '' })).toBe('server')
  })

  it('clears away a cluster that was never finished', async () => {
    mkdirSync(path.join(place, 'unfinished', 'cluster.new-4194305'), { recursive: true })

    await start(path.join(place, 'unfinished'))

    expect(readdirSync(path.join(place, 'unfinished')).sort()).toEqual(['cluster', 'password', 'server.log'])
  })
})

describe('what cannot work is said in words', () => {
  it('a cluster of another major version', async () => {
    const file = path.join(cluster, 'PG_VERSION')
    const version = readFileSync(file, 'utf8')
    writeFileSync(file, '17\n')

    await expect(start()).rejects.toThrow(/written by PostgreSQL 17.*brings PostgreSQL 18/s)
    writeFileSync(file, version)
  })

  it('a lost password', async () => {
    const file = path.join(dir, 'password')
    const password = readFileSync(file, 'utf8')
    rmSync(file)

    await expect(start()).rejects.toThrow(/"password" back from a backup/)
    writeFileSync(file, password, { mode: 0o600 })
    giveToServer(file)
  })

  it.runIf(process.getuid?.() === 0)('a folder that the server cannot reach, when root starts it', async () => {
    const closed = path.join(place, 'closed')
    mkdirSync(closed, { mode: 0o700 })

    await expect(start(path.join(closed, 'postgres'))).rejects.toThrow(`nobody may not enter ${closed}`)
  })

  it('a platform package that is not installed', () => {
    const missing = () => {
      throw new Error('Cannot find module')
    }

    expect(() => postgresPackage(missing)).toThrow(/is not installed.*npm ci.*DATABASE_URL/s)
  })
})

it('rebuilds the library links that npm cannot pack', () => {
  const copy = path.join(place, 'package')
  cpSync(path.join(path.dirname(createRequire(import.meta.url).resolve(packageNameFor())), '..'), copy, {
    recursive: true,
    filter: source => !/\/(share|scripts)$/.test(source),
  })
  const links = JSON.parse(readFileSync(path.join(copy, 'native', 'pg-symlinks.json'), 'utf8')) as { target: string }[]
  for (const { target } of links) rmSync(path.join(copy, target), { force: true })

  const { initdb } = postgresPackage(() => path.join(copy, 'dist', 'index.js'))

  expect(links.every(({ target }) => existsSync(path.join(copy, target)))).toBe(true)
  expect(execFileSync(initdb, ['--version'], { encoding: 'utf8' })).toMatch(/^initdb \(PostgreSQL\) 18/)
})

const serverPid = () => readPostmaster(cluster)?.pid ?? 0

const rows = async (url: string) => (await ask(url, sql => sql`select * from kept`)).length

async function ask(url: string, question: (sql: postgres.Sql) => postgres.PendingQuery<postgres.Row[]>) {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => undefined })
  try {
    return await question(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Files made by root in the server's folder have to be the server's. */
function giveToServer(file: string) {
  if (process.getuid?.() === 0) execFileSync('chown', ['--reference', dir, file])
}

async function aProcess(folder: string) {
  const script = fileURLToPath(new URL('user-of-embedded.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { url } = JSON.parse(await firstLine(child)) as { url: string }
  return {
    url,
    async end(signal: 'SIGTERM' | 'SIGKILL') {
      child.kill(signal)
      await once(child, 'exit')
    },
  }
}

async function firstLine(child: ChildProcess) {
  const [chunk] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  return chunk.toString()
}
