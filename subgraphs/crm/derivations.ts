import type { Context } from '../../drizzle/context.ts'
import type { Module } from '../../schema/module.ts'
import { deriveEnd } from './derivations/activities.ts'
import { deriveDollars, deriveNumber } from './derivations/aos.ts'
import { deriveFrequency } from './derivations/campaigns.ts'
import { deriveState } from './derivations/cases.ts'
import { deriveDates } from './derivations/dates.ts'
import { deriveCapitals } from './derivations/email-addresses.ts'
import { deriveSent } from './derivations/emails.ts'
import { deriveOpportunity } from './derivations/opportunities.ts'
import { deriveStatus } from './derivations/statuses.ts'
import { deriveUser } from './derivations/users.ts'
import type { DraftRow, StoredRow } from './store.ts'

/** A record on its way into the database. */
export type Draft = {
  readonly module: Module
  /** As it is stored; absent for a new record. */
  readonly before?: StoredRow
  /** As it will be stored: the old values, or the initial ones, with the client's on top. */
  readonly row: DraftRow
  /** What the client sent. */
  readonly given: ReadonlySet<string>
}

/** Works out fields of a draft from others, in the draft. May read what it needs. */
export type Derivation = (ctx: Context, draft: Draft) => void | Promise<void>

/** What SuiteCRM's classes work out while they save, by module, in order. */
const derivations: Readonly<Record<string, readonly Derivation[]>> = {
  Calls: [deriveStatus, deriveEnd],
  Meetings: [deriveStatus, deriveEnd],
  Tasks: [deriveStatus],
  Leads: [deriveStatus],
  Cases: [deriveState],
  Opportunities: [deriveOpportunity],
  Campaigns: [deriveFrequency],
  Emails: [deriveSent],
  EmailAddresses: [deriveCapitals],
  Documents: [deriveDates],
  Users: [deriveUser],
  AOS_Quotes: [deriveDates, deriveNumber, deriveDollars],
  AOS_Invoices: [deriveDates, deriveNumber, deriveDollars],
  AOS_Contracts: [deriveDates, deriveDollars],
  AOS_Products: [deriveDollars],
}

/** Those that hold something until the transaction ends. */
const holding: ReadonlySet<Derivation> = new Set([deriveNumber])

/** May what the module's records derive be worked out before the transaction that stores it? */
export const derivesBefore = (module: Module) => !(derivations[module.name] ?? []).some(each => holding.has(each))

/** Works out what the module's records derive when they are written. */
export async function derive(ctx: Context, draft: Draft): Promise<void> {
  for (const derivation of derivations[draft.module.name] ?? []) await derivation(ctx, draft)
}
