import type { Catalog } from '../../schema/catalog.ts'
import { momentOf, type Context } from '../../drizzle/context.ts'
import { labelOf, type FieldRow } from '../../drizzle/import/studio.ts'
import { HouseError } from '../../schema/errors.ts'

/** What a field can hold that is added here, in the words of SuiteCRM's Studio. */
export const addedKinds = [
  'varchar',
  'text',
  'phone',
  'url',
  'int',
  'decimal',
  'float',
  'currency',
  'bool',
  'date',
  'datetimecombo',
  'enum',
  'multienum',
  'relate',
] as const

export type AddedKind = (typeof addedKinds)[number]

/** What can be said of a field; what is left out stays, or is as Studio has it. */
export type FieldSettings = {
  readonly label?: string | null
  /** Characters of a text, digits of a number. */
  readonly length?: number | null
  /** What a new record holds when nothing is sent; for an option its key, for a flag `true` or `false`. */
  readonly default?: string | null
  readonly required?: boolean | null
  readonly audited?: boolean | null
  /** It never leaves the system through any API. */
  readonly sensitive?: boolean | null
  /** The list that its options are chosen from. */
  readonly list?: string | null
}

/** A row of `fields_meta_data` as it is written. */
export type StoredField = FieldRow & {
  readonly custom_module: string
  readonly name: string
  readonly type: string
  readonly date_modified: string
  readonly deleted: boolean
}

const invalid = (field: string, message: string) => new HouseError('INVALID', message, { field })

const textKinds: ReadonlySet<string> = new Set(['varchar', 'phone', 'url'])
const numberKinds: ReadonlySet<string> = new Set(['decimal', 'float'])
const optionKinds: ReadonlySet<string> = new Set(['enum', 'multienum'])
const lengthMax = 255
const digitsMax = 30
const placesMax = 10

/** Does a field of this kind have options? */
export const hasOptions = (kind: string) => optionKinds.has(kind)

type Named = {
  readonly module: string
  readonly name: string
  readonly kind: AddedKind
  /** Places after the point. */
  readonly precision?: number | null
  /** For relate: the module, and the field that holds the id. */
  readonly related?: { readonly module: string; readonly idField: string }
}

/** The row of a new field. */
export function newRow(
  ctx: Context,
  { module, name, kind, precision, related }: Named,
  given: FieldSettings,
): StoredField {
  if (precision != null && !numberKinds.has(kind)) throw invalid('precision', `A ${kind} has no places after the point`)
  if (precision != null && (!Number.isInteger(precision) || precision < 0 || precision > placesMax))
    throw invalid('precision', `A number has 0 to ${placesMax} places after the point`)
  const row = {
    id: `${module}${name}`,
    name,
    vname: `LBL_${name.replace(/_c$/, '').toUpperCase()}`,
    custom_module: module,
    type: kind,
    len: textKinds.has(kind) ? lengthMax : numberKinds.has(kind) ? 18 : null,
    required: false,
    default_value: kind === 'bool' ? '0' : null,
    audited: false,
    ext1: numberKinds.has(kind) ? String(precision ?? (kind === 'decimal' ? 2 : 8)) : null,
    ext2: related?.module ?? null,
    ext3: related?.idField ?? null,
    ext4: null,
    label: labelOf(name),
    sensitive: false,
    date_modified: momentOf(ctx.now()),
    deleted: false,
  }
  return changedRow(ctx, row, given)
}

/**
 * The row with other settings.
 *
 * @throws INVALID  `field` says which setting
 */
export function changedRow(ctx: Context, row: StoredField, given: FieldSettings): StoredField {
  const { label, length, required, audited, sensitive, list } = given
  if (label != null) checkLabel(label)
  if (length != null) checkLength(row, length)
  if (list != null) checkList(ctx.catalog, row, list)
  if (row.type === 'relate' && (required || given.default))
    throw invalid(required ? 'required' : 'default', 'A relate field shows a record; say it of the field with its id')
  if (required && sensitive) throw invalid('required', 'Nobody can give a value to a sensitive field')
  const changed = {
    ...row,
    label: label ?? row.label,
    len: length ?? row.len,
    required: required ?? row.required,
    audited: audited ?? row.audited,
    sensitive: sensitive ?? row.sensitive,
    ext1: list ?? row.ext1,
    date_modified: momentOf(ctx.now()),
  }
  if (given.default === undefined) return changed
  return { ...changed, default_value: defaultOf(ctx.catalog, changed, given.default ?? '') }
}

function checkLabel(label: string) {
  if (label.trim() === '' || label.length > 100 || /\p{Cc}/u.test(label))
    throw invalid('label', 'A label has 1 to 100 characters, on one line')
}

function checkLength({ type, ext1 }: StoredField, length: number) {
  const max = textKinds.has(type) ? lengthMax : numberKinds.has(type) ? digitsMax : undefined
  if (max === undefined) throw invalid('length', `A ${type} has no length`)
  const min = numberKinds.has(type) ? Number(ext1) + 1 : 1
  if (!Number.isInteger(length) || length < min || length > max)
    throw invalid('length', `The length of this ${type} is ${min} to ${max}`)
}

function checkList({ lists }: Catalog, { type }: StoredField, list: string) {
  if (!optionKinds.has(type)) throw invalid('list', `A ${type} has no options`)
  if (!lists.has(list)) throw invalid('list', `There is no list ${JSON.stringify(list.slice(0, 60))}; see optionLists`)
}

/** A default as Studio stores it. */
function defaultOf({ lists }: Catalog, row: StoredField, value: string): string | null {
  if (value === '') return row.type === 'bool' ? '0' : null
  switch (row.type) {
    case 'bool':
      if (['true', '1'].includes(value)) return '1'
      if (['false', '0'].includes(value)) return '0'
      throw invalid('default', 'The default of a flag is true or false')
    case 'int':
      if (/^-?\d{1,9}$/.test(value)) return value
      throw invalid('default', 'The default is a whole number of at most 9 digits')
    case 'decimal':
    case 'float':
    case 'currency': {
      const [places, digits] = row.type === 'currency' ? [6, 26] : [Number(row.ext1), row.len ?? 18]
      const [, whole = '', part = ''] = /^-?(\d+)(?:\.(\d+))?$/.exec(value) ?? []
      if (whole !== '' && whole.length <= digits - places && part.length <= places) return value
      throw invalid('default', `The default is a number of ${digits} digits, ${places} of them after the point`)
    }
    case 'enum':
    case 'multienum':
      if (Object.hasOwn(lists.get(row.ext1 ?? '') ?? {}, value)) return row.type === 'enum' ? value : `^${value}^`
      throw invalid('default', `The default is one of the options of ${row.ext1 ?? 'a list'}`)
    case 'date':
    case 'datetimecombo':
      throw invalid('default', 'SuiteCRM knows no fixed default for dates')
    default:
      if (value.includes('\0')) throw invalid('default', 'The default is no text')
      if (value.length <= (row.len ?? 65_535)) return value
      throw invalid('default', `The default has at most ${row.len ?? 65_535} characters`)
  }
}
