import type { FeedBatch } from '../../subgraphs/events/feed.ts'
import { endOf } from './streams.ts'

/** How long a client waits before it comes again. */
const retryMs = 2_000
/** Proxies cut connections that are silent for a minute. */
export const keepAliveMs = 15_000

type Encode = (cursor: FeedBatch['cursor']) => string

/**
 * A feed as Server-Sent Events. Every event has its cursor as `id`, which a browser sends back as Last-Event-ID. While
 * nothing comes there is a comment now and then, with the cursor that the stream has come to. At the end by our will there
 * is an event `end` that says why.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html read 2026-11
 */
export async function* asServerSentEvents(
  feed: AsyncGenerator<FeedBatch, void>,
  signal: AbortSignal,
  encode: Encode,
): AsyncGenerator<string, void> {
  yield `retry: ${retryMs}\n\n`
  let cursor: FeedBatch['cursor'] | undefined
  for await (const batch of orSilence(feed, keepAliveMs)) {
    if (batch === 'silence') yield `: still here\n${cursor ? `id: ${encode(cursor)}\n` : ''}\n`
    else {
      cursor = batch.cursor
      if (batch.events.length > 0) yield textOf(batch, encode)
    }
  }
  const end = endOf(signal)
  if (end) yield `event: end\ndata: ${JSON.stringify({ ...end, ...(cursor && { cursor: encode(cursor) }) })}\n\n`
}

/** Each event has a cursor of its own: who is cut off in the middle of a batch goes on in the middle of it. */
const textOf = ({ events }: FeedBatch, encode: Encode) =>
  events
    .map(({ event, cursor }) => `id: ${encode(cursor)}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('')

/** What a source gives, and `silence` whenever it gave nothing for so long. */
export async function* orSilence<T>(
  source: AsyncIterator<T, unknown>,
  ms: number,
): AsyncGenerator<T | 'silence', void> {
  let timer: NodeJS.Timeout | undefined
  try {
    let next = source.next()
    for (;;) {
      const silence = new Promise<'silence'>(resolve => (timer = setTimeout(() => resolve('silence'), ms)))
      const given = await Promise.race([next, silence])
      clearTimeout(timer)
      if (given === 'silence') yield given
      else if (given.done) return
      else {
        yield given.value
        next = source.next()
      }
    }
  } finally {
    clearTimeout(timer)
    await source.return?.()
  }
}
