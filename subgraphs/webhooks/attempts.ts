import type { Context } from '../../drizzle/context.ts'
import { deliveryOf, paged, type Page, type PageWanted } from './deliveries.ts'

/** A request for a delivery and what came of it. */
export type Attempt = {
  readonly id: string
  readonly number: number
  readonly at: string
  /** Null: it is under way. */
  readonly outcome: string | null
  readonly message: string | null
  readonly status: number | null
  readonly responseMs: number | null
  readonly ms: number | null
  readonly retryAfterSeconds: number | null
  readonly responseHeaders: unknown
  /** Its beginning; what is no text is escaped. */
  readonly responseBody: string | null
  readonly traceId: string | null
}

/** The attempts of a delivery, the newest first. @throws NOT_FOUND, BAD_REQUEST */
export async function listAttempts(ctx: Context, deliveryId: string, wanted: PageWanted): Promise<Page<Attempt>> {
  const { id } = await deliveryOf(ctx, deliveryId)
  return paged(wanted, `webhook_attempt ${id} number desc`, async (place, isBackward, limit) => {
    const beyond = place === undefined ? '' : `and number ${isBackward ? '>' : '<'} ${place}`
    const rows = await ctx.sql.unsafe<(Omit<Attempt, 'responseBody'> & { body: Uint8Array | null })[]>(
      `select number::text as id, number, at, outcome, message, status, response_ms as "responseMs", ms,
        retry_after_s as "retryAfterSeconds", response_headers as "responseHeaders", response_body as body, trace_id as "traceId"
      from webhook_attempt where delivery_id = $1::bigint ${beyond} order by number ${isBackward ? 'asc' : 'desc'} limit ${limit}`,
      [id],
    )
    return rows.map(({ body, ...attempt }) => ({ ...attempt, responseBody: body && shownText(Buffer.from(body)) }))
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Text as it came, but for control characters; of what is no UTF-8, each byte that is no ASCII as `\xe9`. */
function shownText(bytes: Buffer): string {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    text = bytes.toString('latin1').replace(/[\x80-\xff]/g, byteEscape)
  }
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, byteEscape)
}

const byteEscape = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
