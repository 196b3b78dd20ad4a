import type { Field, FieldKind } from '../../schema/field.ts'
import type { OptionList } from '../../schema/lists.ts'

/** A field of this installation as SuiteCRM's Studio describes it; a row of `fields_meta_data`. */
export type FieldRow = {
  readonly id: string
  readonly name: string | null
  readonly vname: string | null
  readonly custom_module: string | null
  readonly type: string | null
  readonly len: number | null
  readonly required: boolean | null
  readonly default_value: string | null
  readonly audited: boolean | null
  readonly ext1: string | null
  readonly ext2: string | null
  readonly ext3: string | null
  readonly ext4: string | null
  readonly label: string | null
  readonly sensitive: boolean | null
}

type Form = { readonly kind: FieldKind; readonly db?: Field['db'] }

/** Studio's field types. Those that it keeps in text and shows in a special way are text here; so is any unknown one. */
const forms: Readonly<Record<string, Form>> = {
  varchar: { kind: 'varchar' },
  text: { kind: 'text' },
  textarea: { kind: 'text' },
  wysiwyg: { kind: 'text' },
  int: { kind: 'int' },
  float: { kind: 'float' },
  double: { kind: 'float' },
  decimal: { kind: 'float' },
  currency: { kind: 'currency' },
  bool: { kind: 'bool' },
  date: { kind: 'date' },
  datetime: { kind: 'datetimecombo', db: 'datetime' },
  datetimecombo: { kind: 'datetimecombo', db: 'datetime' },
  enum: { kind: 'enum' },
  radioenum: { kind: 'enum' },
  dynamicenum: { kind: 'dynamicenum' },
  multienum: { kind: 'multienum' },
  phone: { kind: 'phone', db: 'varchar' },
  url: { kind: 'url', db: 'varchar' },
  iframe: { kind: 'url', db: 'varchar' },
  image: { kind: 'image', db: 'varchar' },
  id: { kind: 'id' },
  currency_id: { kind: 'id' },
  parent_type: { kind: 'parent_type', db: 'varchar' },
  relate: { kind: 'relate' },
  parent: { kind: 'parent' },
  html: { kind: 'none' },
}

/**
 * What SuiteCRM makes of a description. The order of the keys is the order in which `meta/fields` answers them.
 *
 * @see SuiteCRM 7.15 modules/DynamicFields/templates/Fields/Template*.php get_field_def()
 */
export function studioField(name: string, row: FieldRow, lists: ReadonlyMap<string, OptionList>): Field {
  const type = (row.type ?? '').toLowerCase()
  const form = (Object.hasOwn(forms, type) && forms[type]) || { kind: 'varchar' as const }
  const isStored = !['relate', 'parent', 'none'].includes(form.kind)
  const length = lengthOf(form.kind, row)
  return {
    required: row.required ?? false,
    source: isStored ? 'custom_fields' : 'non-db',
    ...(row.vname ? { vname: row.vname } : {}),
    kind: form.kind,
    default: defaultOf(form.kind, row),
    ...(length === undefined ? {} : { len: length }),
    ...precisionOf(form.kind, row),
    ...(form.db ? { db: form.db } : {}),
    label: row.label ?? labelOf(name),
    ...(row.audited ? { audited: true } : {}),
    ...(row.sensitive ? { sensitive: true } : {}),
    ...(row.ext1 && ['enum', 'dynamicenum', 'multienum'].includes(form.kind) && lists.has(row.ext1)
      ? { options: row.ext1 }
      : {}),
    ...relatedOf(form.kind, row),
  }
}

function lengthOf(kind: FieldKind, { len }: FieldRow) {
  if (kind === 'enum' || kind === 'dynamicenum') return 100
  if (kind === 'image') return 255
  if (kind === 'multienum') return undefined
  if (kind === 'float') return String(digitsOf(len))
  return len ? String(len) : undefined
}

/** MySQL's decimals have at most 65 digits; Studio's numbers have 18, 8 of them decimals. */
const digitsOf = (len: number | null) => (len && len > 0 && len <= 65 ? len : 18)

function precisionOf(kind: FieldKind, { len, ext1 }: FieldRow): Pick<Field, 'precision'> {
  if (kind === 'currency') return { precision: 6 }
  if (kind !== 'float') return {}
  return { precision: /^\d{1,2}$/.test(ext1 ?? '') && Number(ext1) <= digitsOf(len) ? String(ext1) : '8' }
}

/** Dates begin with an expression that only Studio's forms understand. */
function defaultOf(kind: FieldKind, { default_value: value, ext4 }: FieldRow) {
  if (kind === 'none') return ext4 || value
  if (kind === 'multienum') return ext4 && !/^a:\d/.test(ext4) ? ext4 : value
  return value && ['date', 'datetimecombo'].includes(kind) ? '' : value
}

function relatedOf(kind: FieldKind, { ext2, ext3 }: FieldRow): Partial<Field> {
  if (kind === 'parent') return { idName: 'parent_id', typeName: 'parent_type', options: 'record_type_display' }
  if (kind !== 'relate') return {}
  const rname = ext2 === 'Documents' ? 'document_name' : 'name'
  return { ...(ext3 ? { idName: ext3 } : {}), ...(ext2 ? { module: ext2 } : {}), rname }
}

/** Labels are in SuiteCRM's language files, not in its database: `favourite_colour_c` reads Favourite Colour. */
export const labelOf = (name: string) =>
  name
    .replace(/_c$/, '')
    .split('_')
    .filter(Boolean)
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
