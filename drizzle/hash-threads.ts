import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/** OWASP's parameters; 12 ms. */
export const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export type Computation =
  | { readonly kind: 'argon2 hash'; readonly text: string }
  | { readonly kind: 'argon2 verify' | 'bcrypt verify'; readonly text: string; readonly stored: string }

export type Computed = { readonly value: string | boolean } | { readonly error: string }

/** One core stays free for everybody else: 500 bad logins at once must not slow those who are in. */
const threadsMax = Math.max(1, Math.min(4, availableParallelism() - 1))

let started = 0
const idle: Worker[] = []
const waiting: ((thread: Worker) => void)[] = []

/**
 * Computes in a thread that gives way to the rest of the process: on Linux its priority is low, so that on a busy
 * machine logins wait and requests do not. First come, first served.
 *
 * @throws Error  what is stored is no hash, or the thread has died
 */
export async function computeHash(computation: Computation): Promise<string | boolean> {
  const thread = await take()
  const computed = await ask(thread, computation)
  giveBack(thread)
  if ('error' in computed) throw new Error(computed.error)
  return computed.value
}

function take(): Worker | Promise<Worker> {
  const thread = idle.pop() ?? (started < threadsMax ? start() : undefined)
  return thread ?? new Promise(resolve => waiting.push(resolve))
}

function start(): Worker {
  started += 1
  return new Worker(new URL('hash-thread.ts', import.meta.url))
}

/** Whoever waits for an answer keeps the process; threads that wait for work do not. */
function ask(thread: Worker, computation: Computation): Promise<Computed> {
  const { promise, resolve, reject } = Promise.withResolvers<Computed>()
  const die = (error: Error) => {
    started -= 1
    waiting.shift()?.(start())
    reject(error)
  }
  thread.ref()
  thread.once('error', die)
  thread.once('message', (computed: Computed) => {
    thread.off('error', die)
    resolve(computed)
  })
  thread.postMessage(computation)
  return promise
}

function giveBack(thread: Worker) {
  const next = waiting.shift()
  if (next) return next(thread)
  thread.unref()
  idle.push(thread)
}
