import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// Loaded into the house before anything else when the benchmark wants to see inside: profiles of it, and how much of its heap
// is in use. Each order is answered when it is done.

type Order =
  | { readonly kind: 'begin' }
  | { readonly kind: 'write'; readonly file: string }
  | { readonly kind: 'heap' }
  | { readonly kind: 'watchLoop' }
  | { readonly kind: 'longestDelay' }
  | { readonly kind: 'longestCpu' }

const session = new Session()
session.connect()
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

process.on('message', (order: Order) => {
  void obey(order).then(answer => process.send?.(answer))
})

const loop = monitorEventLoopDelay({ resolution: 5 })

/** The CPU of this thread between two turns of its loop: what held it, whoever else wants the machine. */
const held = { most: 0, before: process.threadCpuUsage(), timer: undefined as NodeJS.Timeout | undefined }

function turn() {
  const now = process.threadCpuUsage()
  held.most = Math.max(held.most, (now.user + now.system - held.before.user - held.before.system) / 1000)
  held.before = now
}

/** @returns what was asked for: megabytes in use, or milliseconds for which the event loop was held up at most */
async function obey(order: Order): Promise<number> {
  switch (order.kind) {
    case 'begin':
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: 200 })
      await session.post('Profiler.start')
      return 0
    case 'write': {
      const { profile } = await session.post('Profiler.stop')
      writeFileSync(order.file, JSON.stringify(profile))
      return 0
    }
    case 'heap':
      collect()
      return process.memoryUsage().heapUsed / 1_048_576
    case 'watchLoop':
      loop.enable()
      loop.reset()
      Object.assign(held, { most: 0, before: process.threadCpuUsage(), timer: setInterval(turn, 5) })
      return 0
    case 'longestDelay':
      loop.disable()
      return loop.max / 1e6
    case 'longestCpu':
      clearInterval(held.timer)
      return held.most
  }
}
