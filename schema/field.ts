import type { Deprecation } from './deprecation.ts'

/**
 * What a field holds. The names are SuiteCRM's field types; every projection (table column, GraphQL type, JSON Schema,
 * V8 attribute, v4.1 value) has a table with one entry for each, so a new kind does not compile until all know it.
 */
export const fieldKinds = [
  'id',
  'name',
  'user_name',
  'fullname',
  'varchar',
  'text',
  'longtext',
  'emailbody',
  'phone',
  'url',
  'email',
  'enum',
  'dynamicenum',
  'multienum',
  'parent_type',
  'bool',
  'int',
  'float',
  'currency',
  'date',
  'datetime',
  'datetimecombo',
  'time',
  'relate',
  'assigned_user_name',
  'parent',
  'link',
  'file',
  'image',
  'function',
  'readonly',
  'none',
] as const

export type FieldKind = (typeof fieldKinds)[number]

/** What the database holds where the kind alone does not tell. */
export type StoredAs = 'id' | 'varchar' | 'int' | 'double' | 'datetime'

/**
 * One field of a module.
 *
 * The order in which a definition writes its keys is the order in which `meta/fields` answers them, so it is part of
 * the definition. Numbers that SuiteCRM answers as text (`len: '150'`) are written as text.
 */
export type Field = {
  readonly vname?: string
  /** The English label; descriptions in every API come from it. */
  readonly label?: string
  readonly kind: FieldKind
  readonly db?: StoredAs
  /** Absent or `db`: a column. `custom_fields`: a column that SuiteCRM keeps in `<table>_cstm`. Else derived or empty. */
  readonly source?: 'db' | 'custom_fields' | 'non-db' | 'function'
  readonly len?: number | string
  readonly precision?: number | string
  readonly default?: string | number | boolean | null
  readonly required?: boolean | string | number
  readonly comment?: string
  readonly options?: string
  readonly audited?: boolean
  readonly search?: boolean
  readonly readonly?: boolean
  /** The database numbers new records. */
  readonly autoIncrement?: true
  /** `false`: V8 never shows it. */
  readonly visible?: false
  /** Never leaves the system through any API. */
  readonly sensitive?: true
  /** It will go; every API says so to those who use it. */
  readonly deprecated?: Deprecation

  // relate and parent fields
  readonly module?: string
  readonly idName?: string
  readonly rname?: string
  readonly link?: string
  readonly typeName?: string
  readonly parentList?: string

  // link fields
  readonly relationship?: string
  readonly linkType?: 'one' | 'many' | 'relationship_info'
  readonly side?: 'left' | 'right'
  readonly bean?: string
  /** SuiteCRM loads this link while it reads the record, so V8 shows `{}` where other links are empty text. */
  readonly loaded?: true
  readonly joinFields?: Readonly<Record<string, { readonly type: string; readonly options?: string }>>
  readonly roleFields?: Readonly<Record<string, string>>
}

export type Fields = Readonly<Record<string, Field>>

/** Is the field a column of the module's own table? */
export const isStored = (field: Field) =>
  field.kind !== 'link' && (field.source === undefined || field.source === 'db' || field.source === 'custom_fields')

export const isLink = (field: Field) => field.kind === 'link'

/** Was the field added to this installation, or by SuiteCRM in the way customers add fields? */
export const isCustom = (field: Field) => field.source === 'custom_fields'
