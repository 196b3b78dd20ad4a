import { z } from 'zod'
import type { Pool } from '../../drizzle/client.ts'

const notice = z.discriminatedUnion('kind', [
  /** Access tokens of a family below a generation are no longer valid. */
  z.object({ kind: z.literal('revoked'), family: z.string(), below: z.number(), expiresAt: z.number() }),
  /** Tokens of a user or an API client that were issued before a moment (in milliseconds) are no longer valid. */
  z.object({
    kind: z.literal('epoch'),
    of: z.enum(['user', 'client']),
    id: z.string(),
    validAfter: z.number(),
    expiresAt: z.number(),
  }),
  /** A row has changed; what is remembered of it must be read again. */
  z.object({ kind: z.literal('user'), id: z.string() }),
  z.object({ kind: z.literal('client'), id: z.string() }),
  z.object({ kind: z.literal('session'), id: z.string() }),
  /** An API key, by its prefix. */
  z.object({ kind: z.literal('key'), id: z.string() }),
  /** There are other signing keys. */
  z.object({ kind: z.literal('keys') }),
])

export type Notice = z.infer<typeof notice>
export type NoticeKind = Notice['kind']
type Handler<K extends NoticeKind> = (notice: Extract<Notice, { kind: K }>) => void

/** Tells all processes of an installation what they must no longer believe. */
export type Notices = {
  on<K extends NoticeKind>(kind: K, handler: Handler<K>): void
  /** Called after every (re)connection: notices may have been missed. */
  onConnect(handler: () => void): void
  /** Takes effect in this process before it returns, in others when PostgreSQL tells them. */
  send(notice: Notice): Promise<void>
  close(): Promise<void>
}

/** Also the way in for other programs: `select pg_notify('identity', '{"kind":"user","id":"1"}')`. */
export const noticeChannel = 'identity'

export async function openNotices(sql: Pool): Promise<Notices> {
  const handlers: ((notice: Notice) => void)[] = []
  const connected: (() => void)[] = []
  const deliver = (received: Notice) => handlers.forEach(handle => handle(received))

  const listening = await sql.listen(
    noticeChannel,
    text => {
      const parsed = notice.safeParse(parseJson(text))
      if (parsed.success) deliver(parsed.data)
    },
    () => connected.forEach(handle => handle()),
  )

  return {
    on: (kind, handler) => {
      handlers.push(received => {
        if (received.kind === kind) (handler as (notice: Notice) => void)(received)
      })
    },
    onConnect: handler => void connected.push(handler),
    async send(sent) {
      deliver(sent)
      await sql`select pg_notify(${noticeChannel}, ${JSON.stringify(sent)})`
    },
    close: () => listening.unlisten(),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
