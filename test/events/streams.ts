/** An event of a stream of Server-Sent Events. */
export type SentEvent = { readonly id?: string; readonly event?: string; readonly data: string }

/** A stream that is being read. */
export type OpenStream = {
  readonly status: number
  readonly headers: Headers
  /** What has come so far. */
  readonly events: SentEvent[]
  /** Comments and bare ids count too. */
  readonly text: () => string
  /** Ends when the server has ended it. */
  readonly ended: Promise<void>
  close(): void
}

/**
 * Opens a stream of Server-Sent Events and goes on reading it.
 *
 * @param tell  is told of each event as it comes
 */
export async function openStream(
  url: string,
  headers: Readonly<Record<string, string>>,
  tell: (event: SentEvent) => void = () => {},
): Promise<OpenStream> {
  const stop = new AbortController()
  const response = await fetch(url, { headers, signal: stop.signal })
  const events: SentEvent[] = []
  let text = ''
  let read = 0
  const readAll = async () => {
    const decoder = new TextDecoder()
    const reader = response.body?.getReader()
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      text += decoder.decode(part.value, { stream: true })
      for (let end = text.indexOf('\n\n', read); end >= 0; end = text.indexOf('\n\n', read)) {
        const event = readEvent(text.slice(read, end))
        if (event) {
          events.push(event)
          tell(event)
        }
        read = end + 2
      }
    }
  }
  const ended = readAll().catch(() => undefined)
  return {
    status: response.status,
    headers: response.headers,
    events,
    text: () => text,
    ended,
    close: () => stop.abort(),
  }
}

function readEvent(block: string): SentEvent | undefined {
  const fields = Object.fromEntries(
    block
      .split('\n')
      .filter(line => !line.startsWith(':'))
      .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const),
  )
  return fields.data === undefined ? undefined : { id: fields.id, event: fields.event, data: fields.data }
}
