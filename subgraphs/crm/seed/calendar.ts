import { momentOf } from '../../../drizzle/context.ts'

// The demo has a day of its own that it calls today, so that the same seed makes the same records whenever it runs.

const today = Date.UTC(2026, 9, 1)
const dayMs = 86_400_000

/** A moment so many days from the demo's today; negative is past. Weekends are moved to the Monday after. */
export function at(days: number, hour = 9, minute = 0): Date {
  const date = new Date(today + days * dayMs + (hour * 60 + minute) * 60_000)
  const weekday = date.getUTCDay()
  if (weekday === 0 || weekday === 6) date.setUTCDate(date.getUTCDate() + (weekday === 6 ? 2 : 1))
  return date
}

/** The same as a field takes it. */
export const momentAt = (days: number, hour?: number, minute?: number) => momentOf(at(days, hour, minute))

export const dayAt = (days: number) => momentAt(days).slice(0, 10)
