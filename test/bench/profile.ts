import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { House } from './house.ts'
import { load } from './load.ts'
import { printTable } from './print.ts'
import type { Scenario } from './scenarios.ts'

const seconds = 4
const shown = 25

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
})

/** Profiles the house under one scenario's load; writes the profile, and prints where the time goes. */
export async function profile(house: House, scenario: Scenario, dir: string) {
  if (house.inspector === undefined) throw new Error('the house was started without an inspector')
  const inspector = await attach(house.inspector)
  await inspector.send('Profiler.enable')
  await inspector.send('Profiler.setSamplingInterval', { interval: 200 })
  await inspector.send('Profiler.start')
  const { requests } = await load(scenario.request, seconds)
  const { profile: taken } = z.object({ profile: z.unknown() }).parse(await inspector.send('Profiler.stop'))
  inspector.close()

  mkdirSync(dir, { recursive: true })
  const file = path.join(dir, `${scenario.name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.cpuprofile`)
  writeFileSync(file, JSON.stringify(taken))
  summarise(scenario.name, profileSchema.parse(taken), requests)
  console.log(`(${file}; open it in Chrome's developer tools)`)
}

function summarise(name: string, { nodes, samples, timeDeltas }: z.infer<typeof profileSchema>, requests: number) {
  const frames = new Map(nodes.map(node => [node.id, node.callFrame]))
  const byFunction = new Map<string, number>()
  const byPlace = new Map<string, number>()
  const add = (sums: Map<string, number>, key: string, by: number) => sums.set(key, (sums.get(key) ?? 0) + by)
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id)
    if (!frame || frame.functionName === '(idle)' || frame.functionName === '(program)') continue
    const micros = timeDeltas[at] ?? 0
    add(byFunction, `${frame.functionName || '(anonymous)'}  ${placeOf(frame.url)}:${frame.lineNumber + 1}`, micros)
    add(byPlace, roomOf(frame.url, frame.functionName), micros)
  }
  const total = [...byPlace.values()].reduce((a, b) => a + b, 0)
  const rows = (sums: Map<string, number>, most: number) =>
    [...sums]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([key, micros]) => [key, (micros / requests).toFixed(1), `${((100 * micros) / total).toFixed(1)} %`])
  console.log(`\n${name}: ${(total / requests).toFixed(0)} µs of JavaScript a request\n`)
  printTable(['self time by package or room', 'µs', 'share'], rows(byPlace, 12))
  console.log()
  printTable(['self time by function', 'µs', 'share'], rows(byFunction, shown))
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A file as a reader of this repository knows it. */
function placeOf(url: string): string {
  const file = url.startsWith('file:') ? fileURLToPath(url) : url
  return file.replace(root, '').replace(/^node_modules\//, '')
}

function roomOf(url: string, functionName: string): string {
  if (url === '') return functionName === '(garbage collector)' ? 'garbage collector' : 'V8 itself'
  const place = placeOf(url)
  if (place.startsWith('node:')) return place.split('/').slice(0, 2).join('/')
  const parts = place.split('/')
  return url.includes('node_modules')
    ? parts.slice(0, place.startsWith('@') ? 2 : 1).join('/')
    : parts.slice(0, 2).join('/')
}

/** Speaks the DevTools protocol to a process. */
async function attach(address: string) {
  const socket = new WebSocket(address)
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  const answerSchema = z.object({
    id: z.number().optional(),
    result: z.unknown(),
    error: z.object({ message: z.string() }).optional(),
  })
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = answerSchema.parse(JSON.parse(String(data)))
    const call = waiting.get(id ?? 0)
    if (error) call?.reject(new Error(error.message))
    else call?.resolve(result)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`nothing answers at ${address}`)))
  })
  let last = 0
  return {
    send(method: string, params: object = {}) {
      const id = ++last
      socket.send(JSON.stringify({ id, method, params }))
      return new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }))
    },
    close: () => socket.close(),
  }
}
