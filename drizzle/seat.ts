import { realpathSync } from 'node:fs'
import postgres from 'postgres'
import { role, type Cluster } from './cluster.ts'

/**
 * One connection that every process keeps while it uses a private server. It holds a shared lock, which the system drops when the process
 * dies however it dies; whoever can take that lock alone is the last one here. Its end is also how a process learns that the server is gone.
 */
export type Seat = postgres.Sql

/** Why there is no seat: nobody listens, a server that starts or stops, one without a free connection, one that is not ours. */
export type Refusal = 'closed' | 'starting' | 'full' | 'foreign'

const classId = 0x53574954 // any number, but always this one
const connectTimeoutS = 5

export const urlOf = (cluster: Cluster, port: number, database: string) =>
  `postgres://${role}:${cluster.password}@127.0.0.1:${port}/${database}`

/** @param onLost  the seat is gone although nobody ended it */
export async function enter(cluster: Cluster, port: number, onLost: () => void): Promise<Seat | Refusal> {
  let entered = false
  const seat = postgres(urlOf(cluster, port, 'postgres'), {
    max: 1,
    max_lifetime: null,
    fetch_types: false,
    connect_timeout: connectTimeoutS,
    connection: { application_name: 'switchyard seat' },
    onnotice: () => undefined,
    onclose: () => {
      if (entered) onLost()
    },
  })
  try {
    const [home] = await seat<{ path: string }[]>`select current_setting('data_directory') as path`
    if (home?.path !== realpathSync(cluster.data) && home?.path !== cluster.data)
      throw new Error('the server of another folder')
    await seat`select pg_advisory_lock_shared(${classId}, 1)`
    entered = true
    return seat
  } catch (error) {
    await seat.end({ timeout: 0 })
    return refusalOf(error)
  }
}

/** Gives up the seat's share of the lock, and tells whether nobody else has one. Then nobody can enter any more until the seat ends. */
export async function isLastUser(seat: Seat) {
  try {
    await seat`select pg_advisory_unlock_shared(${classId}, 1)`
    const [last] = await seat<{ alone: boolean }[]>`select pg_try_advisory_lock(${classId}, 1) as alone`
    return last?.alone === true
  } catch {
    return false // the server is gone, or somebody else stops it right now
  }
}

/**
 * Makes the database named like the role, unless it exists. From template0, because PostgreSQL gives up after 5 s when somebody is in
 * the template, and its own autovacuum may be in template1.
 */
export async function makeDatabase(seat: Seat) {
  const found = await seat`select 1 from pg_database where datname = ${role}`
  if (found.length > 0) return
  await seat`create database ${seat(role)} template template0`.catch((error: unknown) => {
    if (!['42P04', '23505'].includes(codeOf(error))) throw error // another process was faster
  })
}

function refusalOf(error: unknown): Refusal {
  const code = codeOf(error)
  if (['57P01', '57P02', '57P03', 'CONNECTION_CLOSED'].includes(code)) return 'starting'
  if (code === '53300') return 'full'
  return ['ECONNREFUSED', 'CONNECT_TIMEOUT', 'ECONNRESET'].includes(code) ? 'closed' : 'foreign'
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')
