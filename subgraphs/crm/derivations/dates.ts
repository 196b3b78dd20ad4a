import type { Context } from '../../../drizzle/context.ts'
import type { Draft } from '../derivations.ts'
import { isEmpty } from '../input.ts'

/** Days that a new record starts with, as months from today. @see `display_default` in SuiteCRM's vardefs */
const initialDays: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Documents: { active_date: 0 },
  AOS_Contracts: { start_date: 0, end_date: 12 },
  AOS_Invoices: { quote_date: 0, invoice_date: 0 },
  AOS_Quotes: { expiration: 1 },
}

/** Gives a new record the days that SuiteCRM's forms start with, in the user's time zone. */
export function deriveDates(ctx: Context, { module, before, row, given }: Draft): void {
  if (before !== undefined) return
  for (const [name, months] of Object.entries(initialDays[module.name] ?? {})) {
    if (!given.has(name) && isEmpty(row[name])) row[name] = later(todayIn(ctx), months)
  }
}

/** The same day some months later; a day that such a month has not runs over into the next, as PHP counts. */
function later(day: string, months: number): string {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCMonth(date.getUTCMonth() + months)
  return date.toISOString().slice(0, 10)
}

/** `en-CA` writes days as 2030-03-04. */
const todayIn = (ctx: Context) =>
  new Intl.DateTimeFormat('en-CA', {
    timeZone: ctx.principal.dateStyle.timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(ctx.now())
