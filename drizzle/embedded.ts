import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openCluster, role, runProgram, type Cluster } from './cluster.ts'
import { freePort, lastWords, launch, type Launched, type ServerSettings } from './launch.ts'
import { readPostmaster, removePostmaster, stateOf } from './postmaster.ts'
import { postgresPackage } from './postgres-package.ts'
import { assertReachable, serverUser } from './postgres-user.ts'
import { enter, isLastUser, makeDatabase, urlOf, type Refusal, type Seat } from './seat.ts'
import { StartupError } from './startup-error.ts'

/** A private PostgreSQL that this process uses, alone or together with others. */
export type Embedded = {
  /** Stays the same as long as this process runs. */
  readonly url: string
  /** It was running already: another process shares it, or a killed one left it. */
  readonly adopted: boolean
  /** Leaves the server; the last one to leave stops it. Close your own connections first. */
  readonly stop: () => Promise<void>
}

type Options = {
  /** Belongs to the server alone; made when missing. */
  readonly dir: string
  readonly log: (message: string) => void
  /** On top of ours, for a server that this call starts; e.g. `{ fsync: 'off' }` in tests. */
  readonly settings?: ServerSettings
}

const startTimeoutMs = 10_000

/**
 * Starts the PostgreSQL that comes with Switchyard, or joins the one that runs in `dir` already.
 *
 * Takes over what a crash left: a server without owner is adopted, the `postmaster.pid` of a dead one replaced; and a server that dies
 * while this process lives is started again on the same port. It listens on 127.0.0.1 only, behind a random password.
 *
 * @throws StartupError  it cannot run here; the message says why and what to do
 */
export async function startEmbedded({ dir, log, settings = {} }: Options): Promise<Embedded> {
  const programs = postgresPackage()
  const user = serverUser()
  assertReachable(programs.postgres, user)
  const cluster = await openCluster(path.resolve(dir), programs, user)

  let stopping = false
  let reviving: Promise<void> | undefined
  const onLost = () => {
    if (!stopping) reviving ??= revive().finally(() => (reviving = undefined))
  }
  const { port, adopted, ...joined } = await join(cluster, { settings, log, onLost })
  let { seat } = joined
  await makeDatabase(seat)

  async function revive() {
    log('The private PostgreSQL has gone away; starting it again')
    while (!stopping)
      try {
        seat = (await join(cluster, { settings, log, onLost, port })).seat
        return log('The private PostgreSQL is back')
      } catch (error) {
        log(error instanceof Error ? error.message : String(error))
        await pause(1_000)
      }
  }

  return {
    url: urlOf(cluster, port, role),
    adopted,
    async stop() {
      if (stopping) return
      stopping = true
      await reviving
      await leave(cluster, seat)
    },
  }
}

type JoinOptions = { settings: ServerSettings; log: (message: string) => void; onLost: () => void; port?: number }

/** Takes a seat at the running server; starts one when none runs. */
async function join(cluster: Cluster, { settings, log, onLost, port }: JoinOptions) {
  let deadline = Date.now() + startTimeoutMs
  let launched: Launched | undefined
  for (;;) {
    const server = readPostmaster(cluster.data)
    const seat = server ? await enter(cluster, server.port, onLost) : 'closed'
    if (server && typeof seat !== 'string') return { seat, port: server.port, adopted: server.pid !== launched?.pid }

    if (seat === 'starting') {
      if (Date.now() > deadline - startTimeoutMs / 2)
        log('PostgreSQL is still starting (recovering after a crash) or stopping; waiting')
      deadline = Math.max(deadline, Date.now() + startTimeoutMs)
    } else if (!launched || launched.ended) {
      if (launched?.error)
        throw new StartupError(`PostgreSQL cannot be run: ${launched.error.message}`, { cause: launched.error })
      const state = server ? stateOf(cluster.data, server) : 'dead'
      if (server && state === 'stranger') removePostmaster(cluster.data, server)
      // A server that lives and does not answer may be on its way down; its file is its own.
      if (state !== 'server') launched = launch(cluster, port ?? (await freePort()), settings)
    }
    if (Date.now() > deadline) throw new StartupError(explain(cluster, seat))
    await pause(launched?.ended ? 250 : 25)
  }
}

async function leave(cluster: Cluster, seat: Seat) {
  if (await isLastUser(seat))
    await runProgram(cluster.programs.pgCtl, ['stop', '-D', cluster.data, '-m', 'fast', '-w', '-s'], cluster.user)
  await seat.end({ timeout: 1 })
}

function explain(cluster: Cluster, refusal: Refusal | Seat) {
  const folder = path.dirname(cluster.data)
  if (refusal === 'full') return `The PostgreSQL in ${folder} has no free connection. Stop some of its clients.`
  if (refusal === 'foreign')
    return `A PostgreSQL runs in ${folder} but refuses the password in ${path.join(folder, 'password')}. Put the right password there, or stop that server.`
  return `PostgreSQL did not start in ${folder}. The last words in ${cluster.logFile}:\n${lastWords(cluster)}`
}
