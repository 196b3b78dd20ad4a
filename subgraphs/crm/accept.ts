import type { Context } from '../../drizzle/context.ts'
import type { Module } from '../../schema/module.ts'
import type { Link } from '../../schema/link.ts'
import { invalid, isEmpty, parseValue, type Stored } from './input.ts'
import { fieldNotWritable, mayWriteField } from './permit.ts'
import { shapeOf, type FilePart, type Slot } from './shape.ts'
import { stampFields } from './stamp.ts'
import type { DraftRow } from './store.ts'
import { checkOption } from './validate.ts'

/** What is taken of an input, by where it goes. What a client did not send is not here. */
export type Accepted = {
  /** The record's own columns. */
  readonly row: DraftRow
  /** The names of those. */
  readonly given: Set<string>
  readonly email: { email_address?: string | null; opt_out?: boolean | null; invalid_email?: boolean | null }
  readonly linked: { readonly link: Link; readonly field: string; readonly id: string | null }[]
  readonly emailText: Record<string, string | null>
  readonly file: { -readonly [part in FilePart]?: string | null }
}

/**
 * Reads an input.
 *
 * Strict: every field must be one that can be given, and its value one that it can hold. Lenient: what cannot be stored is
 * left out, and so is what the principal may not write; null says nothing; empty text is stored in a new record, and gives a known one back the field's default.
 *
 * @see SuiteCRM include/database/DBManager.php insertParams(), updateSQL()
 * @throws INVALID    strict validation; `field` says where
 * @throws FORBIDDEN  strict validation; the principal may not write the `field`
 */
export function acceptInput(
  ctx: Context,
  module: Module,
  input: Readonly<Record<string, unknown>>,
  isNew: boolean,
): Accepted {
  const { slots } = shapeOf(ctx.catalog, module)
  const accepted: Accepted = { row: {}, given: new Set(), email: {}, linked: [], emailText: {}, file: {} }
  for (const [name, value] of Object.entries(input)) {
    if (name === 'id' || value === undefined) continue
    const slot = slots.get(name)
    if (slot && !mayWriteField(ctx, module, name)) {
      if (ctx.validation === 'strict') throw fieldNotWritable(module, name)
    } else if (slot && isAccepted(ctx, slot, name)) take(ctx, module, accepted, name, slot, value, isNew)
    else if (ctx.validation === 'strict') throw invalid({ module: module.name, field: name }, 'it cannot be given')
  }
  return accepted
}

const isAccepted = (ctx: Context, slot: Slot, name: string) =>
  slot.kind !== 'column' || ctx.validation === 'lenient' || !stampFields.has(name)

function take(
  ctx: Context,
  module: Module,
  accepted: Accepted,
  name: string,
  slot: Slot,
  value: unknown,
  isNew: boolean,
) {
  const field = slot.kind === 'column' ? slot.column.field : slot.field
  const place = { module: module.name, field: name }
  const parsed = parseValue(place, field, value, ctx.validation)
  if (ctx.validation === 'strict') checkOption(ctx, place, field, parsed)

  switch (slot.kind) {
    case 'column': {
      const isKept = ctx.validation === 'strict' || isNew || value === null || !isEmpty(parsed)
      accepted.row[name] = isKept ? parsed : slot.column.initial
      accepted.given.add(name)
      return
    }
    case 'email':
      if (slot.part === 'email_address') accepted.email.email_address = textOf(parsed)
      else accepted.email[slot.part] = parsed === null ? null : Boolean(parsed)
      return
    case 'linked':
      accepted.linked.push({ link: slot.link, field: name, id: isEmpty(parsed) ? null : String(parsed) })
      return
    case 'emailText':
      accepted.emailText[slot.column] = textOf(parsed)
      return
    case 'file':
      accepted.file[slot.part] = textOf(parsed)
      return
  }
}

const textOf = (value: Stored) => (value === null ? null : String(value))
