import { fieldOf, type Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import { flagOf, isObject, nameValues, textOf } from './arguments.ts'
import { run, type Arguments, type Call } from './call.ts'
import { Fault } from './fault.ts'
import { answeredFields, answeredName } from './fields.ts'
import { freshRecord } from './fresh.ts'
import { dependsOnBefore, fieldNamed, given, type Given } from './given.ts'
import { isReadOnlyModule } from './module-list.ts'
import { planned } from './plan.ts'
import { moduleOf } from './read.ts'
import { readPlan } from './read-plan.ts'
import { nameValueList, type NameValueList } from './record.ts'
import { columnOf, type Column } from './value.ts'
import { trackView } from './viewed.ts'

export type Pair = readonly [name: string, value: unknown]

/** Makes a record, or changes the one whose id is among the values, and echoes what the record then holds. */
export async function setEntry(call: Call, args: Arguments) {
  const module = writable(call, args.module_name)
  const pairs = nameValues(args.name_value_list)
  if (!pairs.every(isIdOrOther)) return null
  const values = await givenValues(call, module, pairs)
  const id = await save(call, module, pairs, values)
  if (flagOf(args.track_view)) await trackView(call, module, [{ id }])
  const echo = pairs.length > 0 ? echoed(call, module, values) : await echoedFresh(call, module, id)
  return { id, entry_list: echo }
}

/**
 * The module of a record to write.
 *
 * @throws Fault  Access Denied where only administrators write
 */
export function writable(call: Call, name: unknown): Module {
  const module = moduleOf(call, name)
  if (isReadOnlyModule(module) && !call.context.principal.isAdmin) throw new Fault('no_access')
  return module
}

/** Ids are letters, digits, `_` and `-`. @see SugarWebServiceImplv3_1.php validateFields(), SuiteValidator */
const isIdOrOther = ([name, value]: Pair) =>
  name !== 'id' || value === null || (typeof value !== 'object' && /^[\w-]*$/.test(textOf(value)))

export const idIn = (pairs: readonly Pair[]) => textOf(pairs.find(([name]) => name === 'id')?.[1])

/** The values as fields take them. Secrets are left out. */
export async function givenValues(call: Call, module: Module, pairs: readonly Pair[]): Promise<readonly Given[]> {
  const { catalog } = call.context
  const named = pairs
    .map(([name, value]) => [fieldNamed(catalog, module, name), value] as const)
    .filter(([name]) => fieldOf(module, name)?.sensitive !== true)
  const before = await heldBefore(call, module, named)
  const isSaid = new Set(pairs.map(([name]) => name))
  return named.map(([name, value]) => {
    const taken = given(catalog, module, name, value, before.get(name))
    // Given under another name, it is not a field that could be echoed.
    return isSaid.has(name) ? taken : { ...taken, held: undefined }
  })
}

async function heldBefore(call: Call, module: Module, pairs: readonly Pair[]): Promise<ReadonlyMap<string, string>> {
  const id = idIn(pairs)
  const names = pairs.filter(([name, value]) => dependsOnBefore(fieldOf(module, name), value)).map(([name]) => name)
  if (id === '' || names.length === 0) return new Map()
  const plan = readPlan(call.context.catalog, module, call.version, 'detail', names, [])
  const { record } = await run(call, plan.one, { id })
  if (!isObject(record)) return new Map()
  return new Map(plan.columns.map(column => [column.name, textOf(column.read(record))]))
}

/**
 * Stores the values and answers the record's id. A record that is to be changed but does not exist is not made:
 * SuiteCRM's UPDATE then finds no row, and the id is answered all the same.
 *
 * @throws Fault  the principal may not
 */
export async function save(
  call: Call,
  module: Module,
  pairs: readonly Pair[],
  values: readonly Given[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const id = idIn(pairs)
  const isNew = id === '' || pairs.some(([name, value]) => name === 'new_with_id' && flagOf(value))
  const stamped = isNew ? stampedNew : stampedChange
  const stored = values.filter(value => value.stored !== undefined && !stamped.has(value.field))
  const input: Record<string, unknown> = {
    ...Object.fromEntries(stored.map(value => [value.field, value.stored])),
    ...more,
  }
  if (isNew) {
    const { record } = await run(call, createOf(call, module), { input: id === '' ? input : { ...input, id } })
    return isObject(record) ? textOf(record.id) : ''
  }
  // SuiteCRM writes only what is set, so a null leaves a field of an existing record as it is.
  const isNull = new Set(
    pairs.filter(([, value]) => value === null).map(([name]) => fieldNamed(call.context.catalog, module, name)),
  )
  const kept = Object.fromEntries(Object.entries(input).filter(([name]) => !isNull.has(name)))
  try {
    await run(call, updateOf(call, module), { id, input: kept })
  } catch (error) {
    if (!(error instanceof Fault) || error.key !== 'no_records') throw error
  }
  return id
}

// Who wrote a record when is not for clients to say, except when a new record was first entered. @see SugarBean::save()
const stampedNew: ReadonlySet<string> = new Set(['id', 'date_modified', 'modified_user_id', 'created_by'])
const stampedChange: ReadonlySet<string> = new Set(['id', 'date_modified', 'modified_user_id', 'date_entered'])

const createOf = (call: Call, { graphql: { type } }: Module): Operation =>
  planned(call.context.catalog, `create ${type}`, () => ({
    name: 'LegacyCreate',
    text: `mutation LegacyCreate($input: ${type}Input!) { record: create${type}(input: $input) { id } }`,
  }))

const updateOf = (call: Call, { graphql: { type } }: Module): Operation =>
  planned(call.context.catalog, `update ${type}`, () => ({
    name: 'LegacyUpdate',
    text: `mutation LegacyUpdate($id: ID!, $input: ${type}Input!) { record: update${type}(id: $id, input: $input) { id } }`,
  }))

function echoed(call: Call, module: Module, values: readonly Given[]): NameValueList {
  const held = new Map(values.map(value => [value.field, value.held]))
  if (held.has('deleted') && Number(held.get('deleted')) !== 1) held.set('deleted', 0)
  if (held.has('modified_by_name')) held.set('modified_by_name', call.context.principal.userName)
  // No names would mean all of them.
  return held.size > 0
    ? nameValueList(
        heldColumns(call, module, [...held.keys()], name => held.get(name)),
        {},
      )
    : []
}

const heldColumns = (
  call: Call,
  module: Module,
  names: readonly string[],
  value: (name: string) => unknown,
): readonly Column[] =>
  answeredFields(module, call.version, names).map(name => ({
    name: answeredName(name),
    from: [],
    read: () => value(name) ?? undefined,
  }))

const stamps = ['id', 'date_entered', 'date_modified', 'modified_user_id', 'created_by']

/** What a record holds that was made without any value: what new records hold, and who made it when. */
async function echoedFresh(call: Call, module: Module, id: string): Promise<NameValueList> {
  const { catalog, principal } = call.context
  const names = stamps.filter(name => fieldOf(module, name))
  const plan = readPlan(catalog, module, call.version, 'detail', names, [])
  const { record } = await run(call, plan.one, { id })
  const row = isObject(record) ? record : {}
  const held: Record<string, unknown> = Object.fromEntries(
    Object.entries(freshRecord(module)).map(([name, value]) => [name, given(catalog, module, name, value).held]),
  )
  for (const name of names) held[name] = columnOf(catalog, module, name, 'detail').read(row)
  if (fieldOf(module, 'modified_by_name')) held.modified_by_name = principal.userName
  return nameValueList(
    heldColumns(call, module, Object.keys(module.fields), name => held[name]),
    row,
  )
}
