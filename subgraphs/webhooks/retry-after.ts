/**
 * How long a receiver asks to be left alone, from a `Retry-After` of seconds or of a date; undefined for one that asks
 * for nothing: in the past, or not to be understood.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 read 2026-11
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000 || undefined
  // Date.parse would also take what is no date of HTTP. The oldest form has no zone: it is GMT as well.
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined
  const ms = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) - now
  return ms > 0 ? ms : undefined
}
