import type { Filter } from '../../schema/filter.ts'
import type { Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import { flagOf, isObject, itemsOf, textOf, textsOf, wantedLinks, wholeOf } from './arguments.ts'
import { isFrom, isLimited, run, type Arguments, type Call, type LegacyVersion } from './call.ts'
import { campaignTargets, isCampaignTargets } from './campaign-targets.ts'
import type { Row } from './computed.ts'
import { Fault } from './fault.ts'
import { filterInput, sortInput } from './graph-filter.ts'
import { asLinkList, linkedRecords, type LinkedRecords } from './links.ts'
import { withAllLinked } from './linked-rest.ts'
import { sortOfOrder } from './order.ts'
import { filterOfQuery } from './query.ts'
import { countMax, readPlan, type ReadPlan } from './read-plan.ts'
import { planned } from './plan.ts'
import { missingEntry, nameValueList, type Entry } from './record.ts'
import { Untranslatable } from './sql.ts'
import { trackView } from './viewed.ts'

/** The graph answers at most this many records at once. */
export const pageMax = 1000
/** And this door at most this many; what is left is behind `next_offset`. */
const entriesMax = 10_000
/** SuiteCRM's list_max_entries_per_page. */
const pageDefault = 20

/** @throws Fault  there is no such module */
export function moduleOf(call: Call, name: unknown): Module {
  const module = call.context.catalog.byName.get(textOf(name))
  if (!module) throw new Fault('no_module')
  return module
}

export async function getEntry(call: Call, args: Arguments) {
  const { id, module_name, select_fields, link_name_to_fields_array } = args
  const module = moduleOf(call, module_name)
  const plan = readPlan(
    call.context.catalog,
    module,
    call.version,
    'detail',
    textsOf(select_fields),
    wantedLinks(link_name_to_fields_array),
  )
  const { record } = await run(call, plan.one, { id: textOf(id) })
  if (!isObject(record) && (await isLimited(call, module.name))) throw new Fault('no_access')
  const rows = new Map(isObject(record) ? [[textOf(id), record]] : [])
  return entriesAnswer(call, args, plan, [textOf(id)], rows, asList)
}

export async function getEntries(call: Call, args: Arguments) {
  const { module_name, select_fields, link_name_to_fields_array } = args
  const module = moduleOf(call, module_name)
  const ids = textsOf(args.ids)
  const plan = readPlan(
    call.context.catalog,
    module,
    call.version,
    'detail',
    textsOf(select_fields),
    wantedLinks(link_name_to_fields_array),
  )
  const distinct = [...new Set(ids)].filter(id => id !== '')
  const rows = await rowsById(call, plan, distinct)
  return entriesAnswer(call, args, plan, ids, rows, isFrom(call.version, 'v4') ? asLinkList : asList)
}

/** @throws Fault  Access Denied: the user sees only some of the module's records, and one of these is none of them */
async function rowsById(call: Call, plan: ReadPlan, ids: readonly string[]): Promise<ReadonlyMap<string, Row>> {
  const rows = new Map<string, Row>()
  if (await isLimited(call, plan.module.name, 'list')) {
    // Lists may show less than single records do.
    const isDenied = await isLimited(call, plan.module.name)
    for (const id of ids) {
      const { record } = await run(call, plan.one, { id })
      if (isObject(record)) rows.set(id, record)
      else if (isDenied) throw new Fault('no_access')
    }
    return rows
  }
  for (let i = 0; i < ids.length; i += pageMax) {
    const { list } = await run(call, plan.byIds, { ids: ids.slice(i, i + pageMax), first: pageMax })
    for (const row of nodesOf(list)) rows.set(textOf(row.id), row)
  }
  return rows
}

/** How the links of a record are written. */
type LinkForm = (links: readonly LinkedRecords[]) => unknown

const asList: LinkForm = links => links

async function entriesAnswer(
  call: Call,
  args: Arguments,
  plan: ReadPlan,
  ids: readonly string[],
  rows: ReadonlyMap<string, Row>,
  form: LinkForm,
) {
  const existing = ids.map(id => rows.get(id)).filter(row => row !== undefined)
  const found = await withAllLinked(call, plan, existing)
  if (flagOf(args.track_view)) await trackView(call, plan.module, found)
  return {
    entry_list: ids.map(id => entryOf(plan, rows.get(id)) ?? missingEntry(plan.module, id)),
    relationship_list: flagOf(args.link_name_to_fields_array)
      ? found.map(row => form(linkedRecords(plan.links, row)))
      : [],
  }
}

const entryOf = (plan: ReadPlan, row: Row | undefined): Entry | undefined =>
  row && { id: row.id, module_name: plan.module.name, name_value_list: nameValueList(plan.columns, row) }

export async function getEntryList(call: Call, args: Arguments) {
  if (isCampaignTargets(args.module_name)) return campaignTargets(call, args)
  const module = moduleOf(call, args.module_name)
  const { catalog } = call.context
  const filter = conditionOf(call, module, args.query)
  const sort = orderOf(call, module, args.order_by)
  const plan = readPlan(
    catalog,
    module,
    call.version,
    'list',
    textsOf(args.select_fields),
    wantedLinks(args.link_name_to_fields_array),
  )
  const offset = Math.max(0, wholeOf(args.offset) ?? 0)
  const wanted = wholeOf(args.max_results) ?? 0
  const limit = Math.min(wanted > 0 ? wanted : pageDefault, entriesMax)
  const variables = { filter: filter && filterInput(filter), sort, deleted: deletion(args.deleted, call.version) }

  const rows: Row[] = []
  let total = 0
  while (rows.length < limit) {
    const first = Math.min(limit - rows.length, pageMax)
    const { list } = await run(call, plan.page, { ...variables, first, offset: offset + rows.length })
    const page = nodesOf(list)
    rows.push(...page)
    total = isObject(list) ? Number(list.totalCount) : 0
    if (page.length < first) break
  }
  const entries = rows.map(row => entryOf(plan, row))
  const complete = await withAllLinked(call, plan, rows)
  return listAnswer(
    call.version,
    args,
    entries,
    complete.map(row => linkedRecords(plan.links, row)),
    offset,
    total,
  )
}

/** The answer of get_entry_list. The total is text, but a number where there is none. */
export function listAnswer(
  version: LegacyVersion,
  args: Arguments,
  entries: readonly unknown[],
  links: readonly (readonly LinkedRecords[])[],
  offset: number,
  total: number,
) {
  const form: LinkForm = version === 'v2' || version === 'v3' ? asList : asLinkList
  return {
    result_count: entries.length,
    ...(isFrom(version, 'v3_1') ? { total_count: total > 0 ? String(total) : total } : {}),
    next_offset: offset + entries.length,
    entry_list: entries,
    relationship_list: flagOf(args.link_name_to_fields_array) ? links.map(form) : [],
  }
}

export async function getEntriesCount(call: Call, args: Arguments) {
  const module = moduleOf(call, args.module_name)
  const filter = conditionOf(call, module, args.query)
  const { list } = await run(call, countOperation(call, module), {
    filter: filter && filterInput(filter),
    deleted: flagOf(args.deleted) ? 'INCLUDE' : 'EXCLUDE',
  })
  return { result_count: String(isObject(list) ? list.totalCount : 0) }
}

const countOperation = (call: Call, module: Module): Operation =>
  planned(call.context.catalog, `count ${module.name}`, () => ({
    name: 'LegacyCount',
    text: `query LegacyCount($filter: ${module.graphql.type}Filter, $deleted: Deletion!) { list: ${module.graphql.many}(filter: $filter, deleted: $deleted) { totalCount(upTo: ${countMax}) } }`,
  }))

export const nodesOf = (list: unknown): readonly Row[] => (isObject(list) ? itemsOf(list.nodes).filter(isObject) : [])

/** Up to v3.1, `deleted` means only deleted records; since v4 also them. */
function deletion(value: unknown, version: LegacyVersion) {
  if (!flagOf(value)) return 'EXCLUDE'
  return isFrom(version, 'v4') || String(value) === '-1' ? 'INCLUDE' : 'ONLY'
}

/** @throws Fault  Access Denied for what cannot be translated; the log names it */
export const conditionOf = (call: Call, module: Module, query: unknown): Filter | undefined =>
  translated(call, module, () => filterOfQuery(call.context.catalog, module, textOf(query)))

export const orderOf = (call: Call, module: Module, orderBy: unknown) =>
  translated(call, module, () => sortInput(sortOfOrder(call.context.catalog, module, textOf(orderBy))))

function translated<T>(call: Call, module: Module, translate: () => T): T {
  try {
    return translate()
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    call.context.log({ module: module.name, construct: error.message }, 'a query fragment was refused')
    throw new Fault('no_access')
  }
}
