import { versionColumn } from '../../drizzle/tables/records.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { derivationOf } from '../../schema/derive.ts'
import { isStored, type Field } from '../../schema/field.ts'
import { isFileModule, isInput } from '../../schema/input.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { parserOf, type ColumnType, type Stored } from './input.ts'

/** A column that writes fill: everything but secrets and what the database numbers. */
export type Column = {
  readonly name: string
  readonly field: Field
  readonly type: ColumnType
  /** What a new record holds when nothing is sent. */
  readonly initial: Stored
  /** What SuiteCRM puts where a required field was not sent. */
  readonly empty: Stored
  readonly required: boolean
}

/** Where the value of an input field goes. */
export type Slot =
  | { readonly kind: 'column'; readonly column: Column }
  /** The primary e-mail address, or a flag of it. */
  | { readonly kind: 'email'; readonly part: 'email_address' | 'opt_out' | 'invalid_email'; readonly field: Field }
  /** The one record at the other end of a many-to-many link. */
  | { readonly kind: 'linked'; readonly link: Link; readonly field: Field }
  /** A column of the text that goes with an e-mail. */
  | { readonly kind: 'emailText'; readonly column: string; readonly field: Field }
  /** A part of an uploaded file. */
  | { readonly kind: 'file'; readonly part: FilePart; readonly field: Field }

export type FilePart = 'filename' | 'filecontents' | 'revision'

/** What writes need to know of a module, worked out once per catalog. */
export type Shape = {
  readonly module: Module
  readonly columns: readonly Column[]
  /** All that a write reads before it changes a record. */
  readonly names: readonly string[]
  /** By input field. */
  readonly slots: ReadonlyMap<string, Slot>
}

const shapes = new WeakMap<Catalog, Map<string, Shape>>()

/** The shape of a module; made once, so a request only looks it up. */
export function shapeOf(catalog: Catalog, module: Module): Shape {
  let known = shapes.get(catalog)
  if (!known) shapes.set(catalog, (known = new Map()))
  let shape = known.get(module.name)
  if (!shape) known.set(module.name, (shape = makeShape(catalog, module)))
  return shape
}

function makeShape(catalog: Catalog, module: Module): Shape {
  const columns = columnsOf(module)
  const byName = new Map(columns.map(column => [column.name, column]))
  const slots = new Map(
    Object.entries(module.fields).flatMap(([name, field]) => {
      const slot = slotOf(catalog, module, name, field, byName)
      return slot ? [[name, slot] as const] : []
    }),
  )
  // A revision is a file; SuiteCRM's definition of it has no field for the bytes.
  const filename = module.fields.filename
  if (module.name === 'DocumentRevisions' && filename) {
    slots.set('filename', { kind: 'file', part: 'filename', field: filename })
    slots.set('filecontents', contentsSlot)
  }
  return { module, columns, names: [...byName.keys(), versionColumn], slots }
}

/** The bytes of a file, in base64; the definitions call them a varchar. */
const contentsField: Field = { kind: 'longtext', source: 'non-db' }
const contentsSlot: Slot = { kind: 'file', part: 'filecontents', field: contentsField }

function columnsOf(module: Module): readonly Column[] {
  const fields = Object.entries(module.fields).filter(
    ([, field]) => isStored(field) && !field.sensitive && !field.autoIncrement,
  )
  const deleted: Field = { kind: 'bool', default: '0' }
  const all = Object.hasOwn(module.fields, 'deleted') ? fields : [...fields, ['deleted', deleted] as const]
  return all.flatMap(([name, field]) => {
    const parser = parserOf(field)
    if (!parser) return []
    const { type, empty } = parser
    const initial = name === 'deleted' ? false : initialOf(field)
    return [{ name, field, type, initial, empty, required: isRequired(field) }]
  })
}

/** SuiteCRM applies no fixed default to dates: those that it has are relative to now. */
function initialOf(field: Field): Stored {
  const parser = parserOf(field)
  if (!parser || field.default === undefined || field.default === null || field.default === '') return null
  if (parser.type === 'date' || parser.type === 'timestamp' || parser.type === 'time') return null
  return parser.lenient(field.default, field)
}

/** Definitions say it as true, 'true', 1 and '1'; '0' says no. */
const isRequired = ({ required }: Field) => required === true || required === 'true' || Number(required) === 1

function slotOf(
  catalog: Catalog,
  module: Module,
  name: string,
  field: Field,
  columns: ReadonlyMap<string, Column>,
): Slot | undefined {
  if (!isInput(catalog, module, name)) return undefined
  if (isFileModule(module) && (name === 'filename' || name === 'filecontents' || name === 'revision')) {
    return { kind: 'file', part: name, field: name === 'filecontents' ? contentsField : field }
  }
  const column = columns.get(name)
  if (column) return { kind: 'column', column }
  const derivation = derivationOf(catalog, module, name)
  switch (derivation?.kind) {
    case 'email':
      return { kind: 'email', part: derivation.show, field }
    case 'emailText':
      return { kind: 'emailText', column: derivation.column, field: { ...field, kind: 'longtext', len: undefined } }
    case 'linked': {
      const link = catalog.links(module).get(derivation.link)
      return link && { kind: 'linked', link, field }
    }
    default:
      return undefined
  }
}
