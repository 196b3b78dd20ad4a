import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { testDatabase } from '../database.ts'

const { url: databaseUrl, pool: sql } = await testDatabase()
const dataDir = mkdtempSync(join(tmpdir(), 'stopping-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

const program = fileURLToPath(new URL('../../gateway/switchyard.mjs', import.meta.url))

async function aHouse() {
  const env = { ...process.env, DATABASE_URL: databaseUrl, DATA_DIR: dataDir, PORT: '0', DEMO_DATA: 'no' }
  const child = spawn(process.execPath, [program, 'serve'], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const exit = once(child, 'exit')
  const { promise, resolve } = Promise.withResolvers<string>()
  createInterface({ input: child.stdout }).on('line', line => {
    const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
    if (found !== undefined) resolve(found)
  })
  return { child, exit, url: await promise }
}

type Ended = { readonly id: string; readonly how: 'answered' | 'cut' | 'not accepted' }

/** A request on a connection of its own. */
function ask(url: string, id: string): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const request = get(`${url}/readyz`, { agent: false, headers: { 'x-request-id': id } }, response => {
    response.on('error', () => resolve({ id, how: 'cut' }))
    response.on('end', () => resolve({ id, how: response.complete ? 'answered' : 'cut' }))
    response.resume()
  })
  request.on('error', () => resolve({ id, how: 'not accepted' }))
  return promise
}

it(
  'answers what it has taken on when it is told to stop under load, and every answer has its row',
  { timeout: 60_000 },
  async () => {
    const { child, exit, url } = await aHouse()
    const ended: Ended[] = []
    const caller = async (name: number) => {
      for (let i = 0; ; i++) {
        const each = await ask(url, `stopping-${name}-${i}`)
        ended.push(each)
        if (each.how === 'not accepted') return
      }
    }
    const callers = Array.from({ length: 10 }, (_, name) => caller(name))
    await expect.poll(() => ended.length, { timeout: 20_000 }).toBeGreaterThan(100)
    child.kill('SIGTERM')
    await Promise.all(callers)
    const [code] = await exit

    const answered = ended.filter(({ how }) => how === 'answered').map(({ id }) => id)
    const rows = await sql<
      { request_id: string }[]
    >`select request_id from request_log where request_id like 'stopping-%'`
    const stored = rows.map(row => row.request_id)
    expect(code).toBe(0)
    expect(ended.filter(({ how }) => how === 'cut')).toEqual([])
    expect(new Set(stored).size).toBe(stored.length)
    expect(stored).toEqual(expect.arrayContaining(answered))
  },
)
