import type { Catalog } from '../../schema/catalog.ts'
import { displayFields } from '../../schema/derive.ts'
import { isLink, isStored, type Field } from '../../schema/field.ts'
import { isMany, type Link } from '../../schema/link.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import { isEmpty } from '../php.ts'
import { trim } from '../text.ts'
import { flagOf, textOf, textsOf, wholeOf } from './arguments.ts'
import { run, type Arguments, type Call } from './call.ts'
import type { Row } from './computed.ts'
import { Fault } from './fault.ts'
import { isReadable } from './fields.ts'
import { listColumns } from './layout.ts'
import { planned } from './plan.ts'
import { nodesOf, pageMax } from './read.ts'
import type { NameValue } from './record.ts'
import { foundPlan, type FoundPlan } from './search-plan.ts'

/** Records of several modules that a text is found in. @see SugarWebServiceImplv4.php search_by_module() */
export async function searchByModule(call: Call, args: Arguments) {
  if (isEmpty(args.search_string)) return { entry_list: [] }
  const text = searched(textOf(args.search_string))
  const modules = searchedModules(call.context.catalog, textsOf(args.modules), flagOf(args.unified_search_only))
  const limit = limitOf(args.max_results)
  const offset = Math.max(0, wholeOf(args.offset) ?? 0)
  const entries = []
  for (const module of modules) {
    const filter = await filterFor(call, module, text, textOf(args.assigned_user_id))
    const plan = planFor(call.context.catalog, module, textsOf(args.select_fields))
    const rows = await found(call, plan.operation, { filter, first: limit, offset })
    if (rows) entries.push({ name: module.name, records: rows.map(row => recordOf(plan, row)) })
  }
  return { entry_list: entries }
}

/** SuiteCRM searches for escaped text among text that is not, so one with quotes is found nowhere. @see securexss() */
const searched = (text: string) =>
  trim(text.replace(/["'<>`]/g, character => `&#${character.charCodeAt(0).toString().padStart(3, '0')};`))

/** One more than asked for, as SuiteCRM answers. */
function limitOf(value: unknown): number {
  const wanted = wholeOf(value) ?? -1
  if (wanted < -1) return pageMax
  return Math.min((wanted === -1 ? 20 : wanted) + 1, pageMax)
}

const alwaysSearched = ['Users', 'ProjectTask']

/** The modules to search: those of the global search by name, then the others that are asked for. */
function searchedModules(catalog: Catalog, wanted: readonly string[], isUnifiedOnly: boolean): readonly Module[] {
  const unified = catalog.modules
    .filter(module => module.unifiedSearch || /^[a-z0-9]{1,5}_[a-z0-9_]+$/i.test(module.name))
    .map(module => module.name)
    .sort()
  const names = [...unified, ...alwaysSearched, ...(isUnifiedOnly ? [] : wanted)]
  return [...new Set(names)].filter(name => wanted.includes(name)).flatMap(name => catalog.byName.get(name) ?? [])
}

type Condition = Readonly<Record<string, unknown>>

async function filterFor(call: Call, module: Module, text: string, assignedUserId: string): Promise<Condition> {
  if (module.name === 'Users') return usersFilter(text)
  if (module.name === 'ProjectTask') return { name: { like: `${text}%` } }
  const owner =
    assignedUserId !== '' && fieldOf(module, 'assigned_user_id') ? [{ assigned_user_id: { eq: assignedUserId } }] : []
  const { catalog } = call.context
  const names = searchedFields(catalog, module)
  const links = names.flatMap(name => linkOf(catalog, module, name) ?? [])
  const linked: Condition[] = []
  for (const link of links) linked.push({ id: { in: await idsThrough(call, link, text) } })
  const direct = names.filter(name => !linkOf(catalog, module, name))
  return { and: [{ or: [...conditions(module, direct, text), ...linked] }, ...owner] }
}

const usersFilter = (text: string): Condition => ({
  and: [
    { or: ['first_name', 'last_name', 'user_name', 'email1'].map(name => ({ [name]: { like: text } })) },
    { or: [{ is_group: { eq: false } }, { is_group: { null: true } }] },
    { employee_status: { eq: 'Active' } },
  ],
})

/** A text is found where a searched field begins with it; of people also their whole name, and any address of theirs. */
function conditions(module: Module, names: readonly string[], text: string): readonly Condition[] {
  const like = { like: `${text}%` }
  const byField = names.map(name => {
    if (fieldOf(module, name)?.kind !== 'int') return { [name]: like }
    return /^\d{1,9}$/.test(text) ? { [name]: { eq: Number(text) } } : { or: [] }
  })
  if (!names.includes('first_name') || !names.includes('last_name')) return byField
  const whole = (first: string, second: string) => ({
    concat: [{ parts: [{ field: first }, { text: ' ' }, { field: second }], ...like }],
  })
  return [...byField, whole('first_name', 'last_name'), whole('last_name', 'first_name')]
}

/** The link over a join that a searched name is reached by. A record is found by any record there, not by one alone. */
function linkOf(catalog: Catalog, module: Module, name: string): Link | undefined {
  const link = catalog.links(module).get(fieldOf(module, name)?.link ?? '')
  return link?.via.kind === 'join' ? link : undefined
}

/** At most this many records there are looked through, and as many here for each of them. */
const throughMax = 200

async function idsThrough(call: Call, link: Link, text: string): Promise<readonly string[]> {
  const { target, module, relationship } = link
  const back = [...call.context.catalog.links(target).values()].find(
    other => other.target === module && other.relationship === relationship && isMany(other),
  )
  if (!back) return []
  const { type, many } = target.graphql
  const operation = planned(call.context.catalog, `search through ${module.name}.${link.name}`, () => ({
    name: 'LegacySearchThrough',
    text: `query LegacySearchThrough($filter: ${type}Filter!) { list: ${many}(filter: $filter, first: ${throughMax}, sort: [{ field: id }]) { nodes { back: ${back.name}(first: ${throughMax}, sort: [{ field: id }]) { nodes { id } } } } }`,
  }))
  const filter = { or: displayFields(target).map(name => ({ [name]: { like: `${text}%` } })) }
  const rows = await found(call, operation, { filter })
  return [...new Set((rows ?? []).flatMap(row => nodesOf(row.back)).map(row => textOf(row.id)))]
}

/** The fields that their definitions mark for the global search; a name where none is. */
function searchedFields(catalog: Catalog, module: Module): readonly string[] {
  const marked = Object.entries(module.fields).filter(([, field]) => field.search === true)
  const names = marked.flatMap(([name, field]) => searchedName(catalog, module, name, field))
  const unique = [...new Set(names)]
  return unique.length > 0
    ? unique
    : ['name', 'document_name'].filter(name => isReadable(catalog, module, name)).slice(0, 1)
}

function searchedName(catalog: Catalog, module: Module, name: string, field: Field): readonly string[] {
  if (name.includes('email')) return isReadable(catalog, module, 'email1') ? ['email1'] : []
  if (isLink(field) || !isReadable(catalog, module, name)) return []
  return isStored(field) || field.kind === 'relate' ? [name] : []
}

function planFor(catalog: Catalog, module: Module, wanted: readonly string[]): FoundPlan {
  const names = wanted.length > 0 ? wanted : [...new Set([...listColumns(module), 'id'])]
  return planned(catalog, JSON.stringify(['search', module.name, names]), () => foundPlan(catalog, module, names))
}

async function found(call: Call, operation: Operation, variables: Condition): Promise<readonly Row[] | undefined> {
  try {
    const { list } = await run(call, operation, variables)
    return nodesOf(list)
  } catch (error) {
    if (error instanceof Fault && error.key === 'no_access') return undefined
    throw error
  }
}

function recordOf(plan: FoundPlan, row: Row): Readonly<Record<string, NameValue>> | readonly [] {
  const values = plan.columns.map(({ name, read }) => [name, { name, value: read(row) }] as const)
  const present = values.filter(([, { value }]) => value !== undefined)
  return present.length > 0 ? Object.fromEntries(present) : []
}
