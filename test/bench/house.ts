import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** A house in a process of its own, as `npm start` starts it, with its demo and its private PostgreSQL. */
export type House = {
  readonly pid: number
  readonly url: string
  readonly access: Access
  /** Of its private database; it goes away with the house. */
  readonly databaseUrl: string
  readonly postmaster: number
  // Only of a house that is watched.
  /** Profiles it while `work` goes on, and writes the profile. */
  profiled<T>(file: string, work: () => Promise<T>): Promise<T>
  /** What is left on its heap after a collection. */
  heapMb(): Promise<number>
  /** How long its event loop was held up at most while `work` went on: by the clock, and by its own CPU. */
  heldUp(work: () => Promise<unknown>): Promise<HeldUp>
  stop(): Promise<void>
}

export type HeldUp = { readonly ms: number; readonly cpuMs: number }

const accessSchema = z.object({
  users: z.array(z.object({ user_name: z.string(), password: z.string() })),
  clients: z.array(z.object({ grant: z.string(), id: z.string(), secret: z.string() })),
})

export type Access = z.infer<typeof accessSchema>

/**
 * @param dir  its DATA_DIR; what it says goes to `house.log` there
 * @param environment  settings on top
 */
export async function startHouse(
  dir: string,
  { watched = false, environment = {} }: { watched?: boolean; environment?: Readonly<Record<string, string>> } = {},
): Promise<House> {
  mkdirSync(dir, { recursive: true })
  const program = fileURLToPath(new URL('../../gateway/switchyard.mjs', import.meta.url))
  const watcher = new URL('watched.ts', import.meta.url).href
  const child = spawn(process.execPath, [...(watched ? ['--import', watcher] : []), program, 'serve'], {
    env: { ...process.env, DATA_DIR: dir, PORT: '0', DEMO_DATA: 'yes', DATABASE_URL: '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const log = createWriteStream(path.join(dir, 'house.log'), { flags: 'a' })
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('the house has no output')
  stdout.pipe(log)
  stderr.pipe(log)
  const url = await lineWith(child, stdout, /(http:\/\/127\.0\.0\.1:\d+)/)
  const [postmaster = '', , , port = ''] = readFileSync(
    path.join(dir, 'postgres/cluster/postmaster.pid'),
    'utf8',
  ).split('\n')
  const password = readFileSync(path.join(dir, 'postgres/password'), 'utf8').trim()
  return {
    pid: child.pid ?? 0,
    url,
    access: accessSchema.parse(JSON.parse(readFileSync(path.join(dir, 'demo.json'), 'utf8'))),
    databaseUrl: `postgres://switchyard:${password}@127.0.0.1:${port}/switchyard`,
    postmaster: Number(postmaster),
    async profiled(file, work) {
      await ordered(child, { kind: 'begin' })
      const result = await work()
      await ordered(child, { kind: 'write', file })
      return result
    },
    heapMb: () => ordered(child, { kind: 'heap' }),
    async heldUp(work) {
      await ordered(child, { kind: 'watchLoop' })
      await work()
      return {
        ms: await ordered(child, { kind: 'longestDelay' }),
        cpuMs: await ordered(child, { kind: 'longestCpu' }),
      }
    },
    stop: () => ended(child),
  }
}

/** Asks `watched.ts` in the child for something, and waits for its answer. */
async function ordered(child: ChildProcess, order: object): Promise<number> {
  child.send(order)
  const [answer] = (await once(child, 'message')) as [number]
  return answer
}

/** Waits for a line of a child and answers the part of it that the pattern captures. */
export async function lineWith(child: ChildProcess, stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  const lines = createInterface({ input: stream })
  const found = new Promise<string>(resolve => {
    lines.on('line', line => {
      const [, part] = pattern.exec(line) ?? []
      if (part !== undefined) resolve(part)
    })
  })
  const gone = once(child, 'exit').then(() => {
    throw new Error('The process ended before it was ready')
  })
  gone.catch(() => undefined)
  return Promise.race([found, gone])
}

/** Ends a child that we started, and waits for it. */
export async function ended(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}
