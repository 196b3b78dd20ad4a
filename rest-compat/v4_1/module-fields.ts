import { isLink, type Field } from '../../schema/field.ts'
import type { Catalog } from '../../schema/catalog.ts'
import type { Module } from '../../schema/module.ts'
import { phpArray } from '../php.ts'
import { textOf, textsOf } from './arguments.ts'
import { canOpen } from './access.ts'
import { isFrom, type Arguments, type Call, type LegacyVersion } from './call.ts'
import { checkSum } from './check-sum.ts'
import { Fault } from './fault.ts'
import { answeredName } from './fields.ts'
import { groupOf } from './groups.ts'
import { moduleOf } from './read.ts'

/** The fields and links of a module. @see SugarWebServiceUtilv4.php get_field_list() and those of the older versions */
export async function getModuleFields(call: Call, args: Arguments) {
  const module = moduleOf(call, args.module_name)
  if (!(await canOpen(call, module))) throw new Fault('no_access')
  return moduleFields(call, module, textsOf(args.fields))
}

/** Check sums of the same, of one module or several. */
export async function getModuleFieldsMd5(call: Call, args: Arguments) {
  const names = typeof args.module_name === 'object' ? textsOf(args.module_name) : [textOf(args.module_name)]
  const sums: Record<string, string> = {}
  for (const name of names) sums[name] = checkSum(await getModuleFields(call, { module_name: name }))
  return sums
}

type Entry = Readonly<Record<string, unknown>>

function moduleFields({ context: { catalog }, version }: Call, module: Module, wanted: readonly string[]) {
  const fields: Record<string, Entry> = {}
  const links: Record<string, Entry> = {}
  for (const [key, field] of Object.entries(module.fields)) {
    const name = answeredName(key)
    if ((wanted.length > 0 && !wanted.includes(name)) || !isTold(name, field)) continue
    if (!isLink(field)) fields[name] = fieldEntry(catalog, module, version, name, field)
    else if (version !== 'v3') links[name] = linkEntry(module, version, name, field)
  }
  copy(fields, 'modified_user_id', 'modified_by_name')
  copy(fields, 'created_by', 'created_by_name')
  return {
    module_name: module.name,
    ...(isFrom(version, 'v3_1') ? { table_name: module.table } : {}),
    module_fields: listIfEmpty(fields),
    link_fields: listIfEmpty(links),
  }
}

const isTold = (name: string, { source, kind }: Field) =>
  source !== 'function' || kind === 'relate' || name === 'email1' || name === 'email2'

const listIfEmpty = (entries: Readonly<Record<string, Entry>>) => (Object.keys(entries).length > 0 ? entries : [])

/** A user's name is described as his id is. */
function copy(fields: Record<string, Entry>, from: string, to: string) {
  const entry = fields[from]
  if (entry) fields[to] = { ...entry, name: to }
}

const places = (module: Module, version: LegacyVersion, name: string, field: Field): Entry =>
  isFrom(version, 'v3') ? { group: groupOf(module, name), id_name: field.idName ?? '' } : {}

const linkEntry = (module: Module, version: LegacyVersion, name: string, field: Field): Entry => ({
  name,
  type: field.kind,
  ...places(module, version, name, field),
  relationship: field.relationship ?? '',
  module: field.module ?? '',
  bean_name: field.bean ?? '',
})

function fieldEntry(catalog: Catalog, module: Module, version: LegacyVersion, name: string, field: Field): Entry {
  const hasDefault = field.default !== undefined && field.default !== null
  const parent = dependsOn(module, name)
  const isRelease =
    module.name === 'Bugs' && /^((fixed|found)_in_)?release(_name)?$/.test(name) && !/_in_release_name$/.test(name)
  return {
    name,
    type: isRelease ? 'enum' : field.kind,
    ...places(module, version, name, field),
    ...(parent !== undefined && isFrom(version, 'v4') ? { parentenum: parent } : {}),
    label: field.label ?? field.vname ?? name,
    required: isRequired(field) ? 1 : 0,
    options: isRelease ? noRelease : optionsOf(catalog, module, version, name, field),
    ...(isFrom(version, 'v3') ? { related_module: field.idName === undefined ? '' : (field.module ?? '') } : {}),
    ...(isFrom(version, 'v3_1') ? { calculated: false } : {}),
    ...(isFrom(version, 'v4') ? { len: field.len ?? '' } : {}),
    ...(hasDefault ? { default_value: field.default } : {}),
    ...(field.kind === 'parent' && field.typeName !== undefined && isFrom(version, 'v3_1')
      ? { type_name: field.typeName }
      : {}),
  }
}

/** Any value but `false` counts, also the text `false`. */
const isRequired = ({ required }: Field) =>
  required !== undefined && required !== false && required !== 0 && required !== ''

// The state of a case and its status are chosen from each other. @see modules/Cases/vardefs.php
function dependsOn(module: Module, name: string): string | undefined {
  if (module.name !== 'Cases') return undefined
  return name === 'state' ? 'status' : name === 'status' ? 'state' : undefined
}

// Releases are kept in a module of their own, which has none here.
const noRelease = [{ name: '', value: '' }]

const yesOrNo = [
  ['', ''],
  ['1', 'Yes'],
  ['2', 'No'],
] as const

const durations = ['0', '15', '30', '45'].map(minutes => [minutes, minutes.padStart(2, '0')] as const)

function optionsOf(catalog: Catalog, module: Module, version: LegacyVersion, name: string, field: Field) {
  const isActivity = module.name === 'Calls' || module.name === 'Meetings'
  if (isActivity && name === 'duration_minutes' && isFrom(version, 'v3_1')) return options(durations)
  if (field.kind === 'bool') {
    const choices = isFrom(version, 'v3_1') ? yesOrNo : []
    return options(field.db === undefined ? choices : [...choices, ['type', field.db]])
  }
  return options(Object.entries(catalog.lists.get(field.options ?? '') ?? {}))
}

/** Keys that PHP takes for numbers are numbers. */
const options = (pairs: readonly (readonly [string, string])[]) =>
  phpArray(pairs.map(([key, value]) => [key, { name: /^(0|-?[1-9]\d{0,17})$/.test(key) ? Number(key) : key, value }]))
