import { momentOf, type Context } from '../../../drizzle/context.ts'
import type { Draft } from '../derivations.ts'
import { invalid, isEmpty } from '../input.ts'
import type { DraftRow } from '../store.ts'

/**
 * The end of a call or meeting follows from its start and duration. A client that validates may say the end instead, and the
 * duration follows.
 *
 * @throws INVALID  strict validation: it ends before it starts
 * @see SuiteCRM modules/Calls/Call.php save(), modules/Meetings/Meeting.php save()
 */
export function deriveEnd(ctx: Context, { module, row, given }: Draft): void {
  const start = instantOf(row.date_start)
  if (start === undefined) return
  const saysDuration = given.has('duration_hours') || given.has('duration_minutes')

  if (ctx.validation === 'strict' && given.has('date_end') && !saysDuration && !isEmpty(row.date_end)) {
    const minutes = Math.round(((instantOf(row.date_end) ?? start) - start) / 60_000)
    if (minutes < 0) throw invalid({ module: module.name, field: 'date_end' }, 'it is before date_start')
    row.duration_hours = Math.floor(minutes / 60)
    row.duration_minutes = minutes % 60
    return
  }
  const isTouched = saysDuration || given.has('date_start') || given.has('date_end')
  if (ctx.validation === 'strict' && !isTouched) return
  row.date_end = endOf(start, row)
}

function endOf(start: number, { duration_hours: hours, duration_minutes: minutes }: DraftRow): string | null {
  const end = new Date(start + (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000)
  return Number.isNaN(end.getTime()) || end.getUTCFullYear() > 9999 || end.getUTCFullYear() < 1 ? null : momentOf(end)
}

function instantOf(stored: unknown): number | undefined {
  if (typeof stored !== 'string' || stored === '') return undefined
  const at = Date.parse(`${stored.replace(' ', 'T')}Z`)
  return Number.isNaN(at) ? undefined : at
}
