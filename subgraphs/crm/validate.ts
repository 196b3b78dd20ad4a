import type { Context } from '../../drizzle/context.ts'
import type { Field, FieldKind } from '../../schema/field.ts'
import type { Module } from '../../schema/module.ts'
import { invalid, isEmpty, type Stored } from './input.ts'
import { shapeOf } from './shape.ts'
import type { DraftRow } from './store.ts'

/**
 * Makes a required field of a new record have a value: strict validation refuses one without, an older client gets an empty
 * one, as SuiteCRM stores it. A truth value that was not sent is false for both.
 *
 * @throws INVALID  strict validation; `field` says where
 */
export function completeRequired(ctx: Context, module: Module, row: DraftRow): void {
  for (const { name, required, type, initial, empty } of shapeOf(ctx.catalog, module).columns) {
    if (!required || name === 'id') continue
    const value = row[name]
    if (ctx.validation === 'strict' && type !== 'boolean' && isEmpty(value)) {
      throw invalid({ module: module.name, field: name }, 'it is required')
    }
    if (value === null || value === undefined) row[name] = initial ?? empty
  }
}

/**
 * Refuses to take away what a record must have.
 *
 * @throws INVALID  strict validation; `field` says where
 */
export function checkRequired(ctx: Context, module: Module, row: DraftRow, given: ReadonlySet<string>): void {
  if (ctx.validation !== 'strict') return
  for (const { name, required } of shapeOf(ctx.catalog, module).columns) {
    if (required && given.has(name) && isEmpty(row[name])) {
      throw invalid({ module: module.name, field: name }, 'it is required')
    }
  }
}

/**
 * Refuses a value that is not among the options of its field. Empty text chooses none.
 *
 * @throws INVALID
 */
export function checkOption(
  ctx: Context,
  place: { readonly module: string; readonly field: string },
  field: Field,
  value: Stored,
): void {
  if (isEmpty(value) || !choices.has(field.kind)) return
  const options = ctx.catalog.lists.get(field.options ?? '')
  if (!options || Object.keys(options).every(key => key === '')) return
  if (String(value) === String(field.default ?? '')) return
  const chosen = field.kind === 'multienum' ? chosenOf(String(value)) : [String(value)]
  const unknown = chosen.find(key => !Object.hasOwn(options, key) && !isParentModule(ctx, field, key))
  if (unknown !== undefined)
    throw invalid(place, `${JSON.stringify(unknown)} is not one of ${field.options ?? 'its options'}`)
}

const choices: ReadonlySet<FieldKind> = new Set<FieldKind>(['enum', 'dynamicenum', 'multienum', 'parent_type'])

/** Several options are stored as `^one^,^other^`. */
const chosenOf = (value: string) =>
  value
    .split(',')
    .map(key => key.replace(/^\^(.*)\^$/, '$1'))
    .filter(key => key !== '')

/** A list of what records may belong to names some modules only; links lead to others too. */
const isParentModule = (ctx: Context, field: Field, key: string) =>
  field.kind === 'parent_type' && ctx.catalog.byName.has(key)
