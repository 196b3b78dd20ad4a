import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
})

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The shares of a V8 profile by file of this repository: what packages, Node and V8 do counts for the nearest file of ours
 * that called them. Samples are counted, not their times, which grow when the machine does something else.
 */
export function sharesOf(file: string): Map<string, number> {
  const { nodes, samples } = profileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map(child => [child, id] as const)))
  const own = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame.url)]))
  const placeFor = (id: number): string | undefined => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const place = own.get(at)
      if (place !== undefined) return place
    }
    return undefined
  }
  const places = new Map(nodes.map(({ id }) => [id, placeFor(id)]))
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id))
  const busy = samples.filter(id => !idle.has(id))
  const shares = new Map<string, number>()
  for (const id of busy) {
    const place = places.get(id)
    if (place !== undefined) shares.set(place, (shares.get(place) ?? 0) + 1 / busy.length)
  }
  return shares
}

/** A file of ours as a reader of this repository knows it. */
function placeOf(url: string): string | undefined {
  if (!url.startsWith('file:') || url.includes('node_modules')) return undefined
  const file = fileURLToPath(url)
  return file.startsWith(root) ? file.slice(root.length) : undefined
}
