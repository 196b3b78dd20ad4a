import { undoable, type Context } from '../../../drizzle/context.ts'
import { isReadable } from '../../../drizzle/expression.ts'
import { findRecords, type Row } from '../../../drizzle/select.ts'
import { HouseError, type ErrorCode } from '../../../schema/errors.ts'
import type { Module } from '../../../schema/module.ts'
import { fieldOf } from '../../../schema/module.ts'
import { createRecord } from '../create.ts'
import { parserOf, type Stored } from '../input.ts'
import { updateRecord } from '../update.ts'
import { matcherFor, type Match, type Matcher } from './match.ts'
import { recordInputOf, type RowInput } from './row-input.ts'

/** What became of a row. */
export type RowResult =
  | { readonly outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED'; readonly id: string }
  | { readonly outcome: 'FAILED'; readonly code: ErrorCode; readonly message: string; readonly field?: string }

/**
 * Makes or changes the records of some rows, in the caller's transaction, each as GraphQL's mutations would: with the
 * rights of the principal, and what is wrong with one row keeps no other from being written.
 *
 * A row that would change nothing writes nothing.
 *
 * @param report  is told of failures that are nobody's fault
 */
export async function upsertRows(
  ctx: Context,
  module: Module,
  match: Match,
  rows: readonly RowInput[],
  report: (error: unknown) => void,
): Promise<readonly RowResult[]> {
  const matcher = await matcherFor(ctx, module, match, rows)
  const before = await currentValues(ctx, module, matcher, rows)
  const results: RowResult[] = []
  for (const row of rows) {
    const result = await undoable(ctx, ctx => upsertRow(ctx, module, matcher, row, before)).catch((error: unknown) =>
      failureOf(error, report),
    )
    results.push(result)
  }
  return results
}

async function upsertRow(
  ctx: Context,
  module: Module,
  matcher: Matcher,
  row: RowInput,
  before: ReadonlyMap<string, Row>,
): Promise<RowResult> {
  const input = recordInputOf(ctx.catalog, module, row)
  const known = matcher.find(row)
  if (known === undefined) {
    const { id } = await createRecord(ctx, module, input)
    await matcher.made(row, id)
    return { outcome: 'CREATED', id }
  }
  const { id: _, ...changes } = input
  if (isAsItIs(module, before.get(known), changes)) return { outcome: 'UNCHANGED', id: known }
  await updateRecord(ctx, module, known, changes)
  return { outcome: 'UPDATED', id: known }
}

/** What the rows' records hold now of what the rows say, by one statement. */
async function currentValues(ctx: Context, module: Module, matcher: Matcher, rows: readonly RowInput[]) {
  const ids = rows.flatMap(row => idOf(matcher, row) ?? [])
  if (ids.length === 0) return new Map<string, Row>()
  const names = new Set(rows.flatMap(row => Object.keys(row)))
  const fields = [...names].filter(name => isReadable(ctx.catalog, module, name)).sort()
  return findRecords(ctx, module, ids, fields)
}

function idOf(matcher: Matcher, row: RowInput): string | undefined {
  try {
    return matcher.find(row)
  } catch {
    // It is told when it is the row's turn.
    return undefined
  }
}

/** Would the changes store what is stored? A value that cannot be read is taken for a change, which then tells why. */
function isAsItIs(module: Module, row: Row | undefined, changes: RowInput): boolean {
  return (
    row !== undefined &&
    Object.entries(changes).every(([name, value]) => {
      const field = fieldOf(module, name)
      const parser = field && parserOf(field)
      if (!field || !parser || !(name in row)) return false
      const stored = value === null ? null : parser.strict(value, field)
      return stored !== undefined && isSame(parser.type, stored, row[name])
    })
  )
}

const isSame = (type: string, a: Stored, b: unknown) =>
  type === 'numeric' && a !== null && typeof b === 'string' ? digitsOf(String(a)) === digitsOf(b) : a === (b ?? null)

/** Without zeros and signs that say nothing. */
function digitsOf(number: string): string {
  const [, sign = '', whole = '', part = ''] = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(number) ?? []
  const digits = `${whole || '0'}${part && `.${part}`}`
  return sign === '-' && digits !== '0' ? `-${digits}` : digits
}

/** What a row's failure tells. Failures of the whole house (a lost connection, a deadlock) are not the row's. */
function failureOf(error: unknown, report: (error: unknown) => void): RowResult {
  if (error instanceof HouseError) {
    const { code, message, details } = error
    const { field } = details
    return { outcome: 'FAILED', code, message, ...(typeof field === 'string' && { field }) }
  }
  if (isOfHouse(error)) throw error
  report(error)
  return { outcome: 'FAILED', code: 'INTERNAL', message: 'Something broke here' }
}

/** A lost connection, a transaction that was rolled back, resources: classes 08, 40, 53, 55, 57, and the driver's own. */
const isOfHouse = (error: unknown) =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^(08|40|53|55|57|CONNECTION_)/.test(error.code)
