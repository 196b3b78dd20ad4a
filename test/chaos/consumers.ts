import { setTimeout as pause } from 'node:timers/promises'
import { createCopy, type Copy, type Told } from '../events/copy.ts'
import { openSocket } from '../events/sockets.ts'
import { openStream, type OpenStream } from '../events/streams.ts'
import type { Random } from './random.ts'

/** A house that is reached over HTTP, and a token for it. */
export type Reached = { readonly url: string; readonly token: string }

type Tell = (told: Told, cursor: string) => void

/** Reads the events behind a cursor until the signal ends. */
type Read = (house: Reached, cursor: string, tell: Tell, signal: AbortSignal) => Promise<void>

type WireEvent = {
  readonly type: string
  readonly record: { readonly id: string }
  readonly sequence: number
  readonly changes: Told['changes']
}
const ofWire = ({ type, record, sequence, changes }: WireEvent): Told => ({
  ...{ type, recordId: record.id, sequence, changes },
})

type GraphEvent = Omit<Told, 'changes'> & {
  readonly cursor: string
  readonly changes: readonly { readonly field: string; readonly old: unknown; readonly new: unknown }[]
}
const ofGraph = ({ changes, ...event }: GraphEvent): Told => ({
  ...event,
  changes: Object.fromEntries(changes.map(({ field, ...change }) => [field, change])),
})

const bearer = ({ token }: Reached) => ({ authorization: `Bearer ${token}` })

const subscription = `subscription ($cursor: String) {
  accountChanged(cursor: $cursor) { event { type recordId sequence cursor changes { field old new } } }
}`
type Answer = { readonly data?: { readonly accountChanged: { readonly event: GraphEvent } } }

const aborted = (signal: AbortSignal) =>
  new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))

/** It may have been opened too late. */
function endedWith(stream: OpenStream, signal: AbortSignal) {
  if (signal.aborted) stream.close()
  signal.addEventListener('abort', stream.close)
  return stream.ended
}

const feed: Read = async (house, cursor, tell, signal) => {
  for (let at = cursor; !signal.aborted;) {
    const limit = 1 + Math.floor(Math.random() * 200)
    const path = `/events?modules=Accounts&limit=${limit}&cursor=${at}`
    const response = await fetch(`${house.url}${path}`, { headers: bearer(house), signal })
    const page = (await response.json()) as { events: (WireEvent & { cursor: string })[]; cursor: string }
    for (const event of page.events) tell(ofWire(event), event.cursor)
    at = page.cursor
    if (page.events.length === 0) await pause(20)
  }
}

const serverSent: Read = async (house, cursor, tell, signal) => {
  const headers = { ...bearer(house), 'last-event-id': cursor }
  const stream = await openStream(
    `${house.url}/events/stream?modules=Accounts`,
    headers,
    ({ id = '', event, data }) => {
      if (event !== 'end') tell(ofWire(JSON.parse(data) as WireEvent), id)
    },
  )
  await endedWith(stream, signal)
}

const webSocket: Read = async (house, cursor, tell, signal) => {
  const { socket, subscribe, closed } = await openSocket(house.url, house.token, ({ type, payload }) => {
    const { data } = (payload ?? {}) as Answer // an end has none
    if (type === 'next' && data) tell(ofGraph(data.accountChanged.event), data.accountChanged.event.cursor)
  })
  signal.addEventListener('abort', () => socket.terminate())
  if (signal.aborted) socket.terminate()
  else subscribe(subscription, { cursor })
  await closed
}

const graphqlSse: Read = async (house, cursor, tell, signal) => {
  const query = new URLSearchParams({ query: subscription, variables: JSON.stringify({ cursor }) })
  const stream = await openStream(`${house.url}/graphql/stream?${query}`, bearer(house), ({ event, data }) => {
    const { data: answer } = event === 'next' ? (JSON.parse(data) as Answer) : {}
    if (answer) tell(ofGraph(answer.accountChanged.event), answer.accountChanged.event.cursor)
  })
  await endedWith(stream, signal)
}

/** The ways to keep a copy. `begins`: with a snapshot of its own, in the middle of everything. */
export const kinds = [
  { name: 'feed', read: feed, begins: false },
  { name: 'SSE', read: serverSent, begins: false },
  { name: 'graphql-ws', read: webSocket, begins: false },
  { name: 'graphql-sse', read: graphqlSse, begins: false },
  { name: 'snapshot, SSE', read: serverSent, begins: true },
] as const

/** Every account as it is at one moment, and the cursor of that moment. */
export async function snapshotOf(house: Reached): Promise<{ readonly copy: Copy; readonly cursor: string }> {
  const response = await fetch(`${house.url}/events/snapshot?module=Accounts`, { headers: bearer(house) })
  const copy = createCopy()
  let cursor = ''
  for (const line of (await response.text()).trimEnd().split('\n')) {
    const part = JSON.parse(line) as { record?: { id: string }; fields: Record<string, unknown>; cursor: string }
    if (part.record) copy.put(part.record.id, part.fields)
    else cursor = part.cursor
  }
  return { copy, cursor }
}

export type Consumed = { readonly name: string; readonly copy: Copy; readonly resumes: number; readonly events: number }

const runMsMax = 800
const restMsMax = 300

/**
 * Keeps a copy: reads for a while, is cut off, rests, and goes on behind the last event that it applied, until it has
 * applied the creation of the record that is the last.
 */
export async function consume(
  house: Reached,
  { name, read, begins }: (typeof kinds)[number],
  base: Awaited<ReturnType<typeof snapshotOf>>,
  random: Random,
  lastId: () => string | undefined,
): Promise<Consumed> {
  if (begins) await pause(random.below(2_000))
  const begun = begins ? await snapshotOf(house) : base
  const copy = createCopy()
  for (const [id, fields] of begun.copy.records) copy.put(id, fields)
  let { cursor } = begun
  let [resumes, events] = [0, 0]
  const isAtEnd = () => copy.records.has(lastId() ?? '')
  while (!isAtEnd()) {
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), 20 + random.below(runMsMax))
    const tell: Tell = (told, at) => {
      if (stop.signal.aborted) return
      copy.apply(told)
      cursor = at
      events += 1
      if (isAtEnd()) stop.abort()
    }
    await Promise.race([read(house, cursor, tell, stop.signal).catch(() => undefined), aborted(stop.signal)])
    clearTimeout(timer)
    stop.abort()
    resumes += 1
    await pause(random.below(restMsMax))
  }
  return { name, copy, resumes, events }
}
