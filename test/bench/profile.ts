import { mkdirSync, readFileSync } from 'node:fs'
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
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
})

/** Profiles the house under one scenario's load; writes the profile, and prints where the time goes. */
export async function profile(house: House, { name, request }: Scenario, dir: string) {
  mkdirSync(dir, { recursive: true })
  const file = path.join(dir, `${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.cpuprofile`)
  const { requests } = await house.profiled(file, () => load(request, seconds))
  summarise(name, profileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))), requests)
  console.log(`\n${file} opens in Chrome's developer tools.`)
}

function summarise(name: string, { nodes, samples, timeDeltas }: z.infer<typeof profileSchema>, requests: number) {
  const frames = new Map(nodes.map(node => [node.id, node.callFrame]))
  const byFunction = new Map<string, number>()
  const byPlace = new Map<string, number>()
  const add = (sums: Map<string, number>, key: string, by: number) => sums.set(key, (sums.get(key) ?? 0) + by)
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id)
    if (!frame || frame.functionName === '(idle)' || frame.functionName === '(program)') continue
    if (frame.url.startsWith('node:inspector')) continue
    const micros = timeDeltas[at] ?? 0
    add(byFunction, `${frame.functionName || '(anonymous)'}  ${placeOf(frame.url)}`, micros)
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
  if (url === '') return '(V8, or code made at run time)'
  const file = url.startsWith('file:') ? fileURLToPath(url) : url
  return file.replace(root, '').replace(/^node_modules\//, '')
}

function roomOf(url: string, functionName: string): string {
  if (url === '') return functionName === '(garbage collector)' ? 'garbage collector' : 'V8, or code made at run time'
  const place = placeOf(url)
  if (place.startsWith('node:')) return place.split('/').slice(0, 2).join('/')
  const parts = place.split('/')
  return url.includes('node_modules')
    ? parts.slice(0, place.startsWith('@') ? 2 : 1).join('/')
    : parts.slice(0, 2).join('/')
}
