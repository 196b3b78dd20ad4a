/**
 * The conformance run: a fresh SuiteCRM database goes through `switchyard import`, is served as a user would serve it,
 * and answers the recorded exchanges of a real SuiteCRM 7.15.
 *
 *   npm run conformance [-- v8|v4_1|extra] [-- --only REGEX] [-- --verbose]
 *
 * Needs a MySQL or MariaDB at TEST_MYSQL_URL (default mysql://root@127.0.0.1:3306) and `../shared/suitecrm` beside this
 * checkout. Each corpus gets a state of its own, because its cases create, change and delete records.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import mysql from 'mysql2/promise'

const here = fileURLToPath(new URL('..', import.meta.url))
const suitecrm = path.join(here, '../shared/suitecrm')
const source = new URL(process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306')
const switchyard = path.join(here, 'gateway/switchyard.mjs')

const args = process.argv.slice(2)
const wanted = args.filter(arg => /^(v8|v4_1|extra)$/.test(arg))
const passedOn = args.filter(arg => !wanted.includes(arg))
let failed = false
for (const corpus of wanted.length > 0 ? wanted : ['v8', 'v4_1', 'extra']) failed = !(await replay(corpus)) || failed
process.exitCode = failed ? 1 : 0

/** Runs one corpus against a server of its own; tells whether every case was as recorded or an accepted deviation. */
async function replay(corpus: string): Promise<boolean> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'switchyard-conformance-'))
  chmodSync(dataDir, 0o711)
  const port = await freePort()
  const env = { ...process.env, DATA_DIR: dataDir, PORT: String(port), DEMO_DATA: 'no', LOG_LEVEL: 'warn' }
  const dump = await loadDump('clean.sql.gz', `conformance_${corpus}_${process.pid}`)
  let server: ChildProcess | undefined
  try {
    await finished(node([switchyard, 'import', dump.url], env))
    server = node([switchyard, 'serve'], env)
    await ready(`http://127.0.0.1:${port}/readyz`, server)
    const file = path.join(suitecrm, 'golden', `${corpus}.jsonl`)
    const tool = path.join(suitecrm, 'replay/replay.mjs')
    // The states that some cases need are made by conformance-setup.ts, which finds the house by its environment.
    const states = ['--extra', '--setup', `'${process.execPath}' --import tsx test/conformance-setup.ts`]
    const base = `http://127.0.0.1:${port}`
    const deviations = ['--deviations', writeDeviations(dataDir)]
    const run = node(
      [tool, '--base', base, '--corpus', file, ...deviations, ...(corpus === 'extra' ? states : []), ...passedOn],
      env,
    )
    const [code] = (await once(run, 'exit')) as [number | null]
    return code === 0
  } finally {
    if (server) await stop(server)
    await dump.drop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** The differences from SuiteCRM that are meant: the shared list, and what follows from it in later cases. */
function writeDeviations(dir: string): string {
  const lists = [path.join(suitecrm, 'replay/deviations.json'), path.join(here, 'test/conformance-deviations.json')]
  const parsed = lists.map(file => JSON.parse(readFileSync(file, 'utf8')) as { deviations: unknown[] })
  const file = path.join(dir, 'deviations.json')
  writeFileSync(file, JSON.stringify({ deviations: parsed.flatMap(({ deviations }) => deviations) }))
  return file
}

async function loadDump(name: string, database: string) {
  const connection = await mysql.createConnection({ uri: source.href, multipleStatements: true })
  await connection.query(`drop database if exists ${database}`)
  await connection.query(`create database ${database} character set utf8mb4`)
  await connection.query(`use ${database}`)
  await connection.query(gunzipSync(readFileSync(path.join(suitecrm, 'dumps', name))).toString('utf8'))
  const url = new URL(source)
  url.pathname = `/${database}`
  return {
    url: url.href,
    drop: async () => {
      await connection.query(`drop database ${database}`)
      await connection.end()
    },
  }
}

function node(command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, command, { env, stdio: ['ignore', 'inherit', 'inherit'] })
}

async function finished(child: ChildProcess) {
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${String(code)}`)
}

async function ready(url: string, server: ChildProcess) {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline && server.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('the server did not become ready')
}

async function stop(server: ChildProcess) {
  if (server.exitCode !== null) return
  server.kill('SIGTERM')
  await once(server, 'exit')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
