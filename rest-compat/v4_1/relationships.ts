import type { Catalog } from '../../schema/catalog.ts'
import { isMany, type Link } from '../../schema/link.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import { flagOf, isObject, textOf, textsOf, wantedLinks, wholeOf, type WantedLink } from './arguments.ts'
import { run, type Arguments, type Call, type LegacyVersion } from './call.ts'
import type { Row } from './computed.ts'
import { Fault } from './fault.ts'
import { answeredFields, isAnswered } from './fields.ts'
import { freshRecord } from './fresh.ts'
import { filterInput } from './graph-filter.ts'
import { fieldsOf, linkedRecords, linkPlans, linkSelection, type LinkPlan } from './links.ts'
import { withAllLinked } from './linked-rest.ts'
import { planned } from './plan.ts'
import { conditionOf, moduleOf, nodesOf, orderOf, pageMax } from './read.ts'
import { columnsOf, nameValueList, type Entry, type NameValue } from './record.ts'
import type { Column } from './value.ts'

type RelatedPlan = {
  readonly module: Module
  readonly columns: readonly Column[]
  readonly links: readonly LinkPlan[]
  readonly operation: Operation
}

/** The records that a link of one record leads to. */
export async function getRelationships(call: Call, args: Arguments) {
  const { catalog } = call.context
  const module = moduleOf(call, args.module_name)
  const link = catalog.links(module).get(textOf(args.link_field_name))
  const target = link?.target ?? module
  const filter = conditionOf(call, target, args.related_module_query)
  const sort = orderOf(call, target, args.order_by)
  const id = textOf(args.module_id)
  if (!link) return noneOf(call, module, id)

  const wanted = textsOf(args.related_fields)
  const plan = relatedPlan(
    catalog,
    link,
    call.version,
    wanted,
    wantedLinks(args.related_module_link_name_to_fields_array),
  )
  const variables = { id, filter: filter && filterInput(filter), sort }
  const rows = isMany(link)
    ? await pages(call, plan, variables, wholeOf(args.offset) ?? 0, wholeOf(args.limit) ?? 0)
    : await single(call, plan, id)
  const complete = await withAllLinked(call, plan, rows)
  return {
    entry_list: rows.map(row => relatedEntry(call.version, plan, wanted, row)),
    relationship_list: flagOf(args.related_module_link_name_to_fields_array)
      ? complete.map(row => (wanted.includes('id') ? linkedRecords(plan.links, row) : []))
      : [],
  }
}

/** A link that does not exist leads nowhere; a record that does not exist is refused. */
async function noneOf(call: Call, module: Module, id: string) {
  const operation = planned(call.context.catalog, `exists ${module.name}`, () => ({
    name: 'LegacyExists',
    text: `query LegacyExists($id: ID!) { record: ${module.graphql.one}(id: $id) { id } }`,
  }))
  const { record } = await run(call, operation, { id })
  if (!isObject(record)) throw new Fault('no_access')
  return { entry_list: [], relationship_list: [] }
}

function relatedPlan(
  catalog: Catalog,
  link: Link,
  version: LegacyVersion,
  wanted: readonly string[],
  wantedOfThem: readonly WantedLink[],
): RelatedPlan {
  const key = JSON.stringify(['related', link.module.name, link.name, version, wanted, wantedOfThem])
  return planned(catalog, key, () => {
    const { target: module } = link
    const columns = wanted.length > 0 ? columnsOf(catalog, module, version, wanted, 'link') : []
    const links = linkPlans(catalog, module, version, wantedOfThem)
    const selection = [fieldsOf(columns), ...links.map(linkSelection)].join(' ')
    return { module, columns, links, operation: operationOf(link, selection) }
  })
}

function operationOf({ module, name, target, ...link }: Link, selection: string): Operation {
  const { type } = target.graphql
  const text = isMany({ module, name, target, ...link })
    ? `query LegacyRelated($id: ID!, $filter: ${type}Filter, $sort: [${type}Sort!], $first: Int!, $offset: Int!) { record: ${module.graphql.one}(id: $id) { list: ${name}(filter: $filter, sort: $sort, first: $first, offset: $offset) { nodes { ${selection} } } } }`
    : `query LegacyRelated($id: ID!) { record: ${module.graphql.one}(id: $id) { one: ${name} { ${selection} } } }`
  return { name: 'LegacyRelated', text }
}

/** @param limit  0 or less: all of them */
async function pages(call: Call, plan: RelatedPlan, variables: Row, offset: number, limit: number) {
  const rows: Row[] = []
  for (;;) {
    const first = limit > 0 ? Math.min(limit - rows.length, pageMax) : pageMax
    const start = (limit > 0 ? Math.max(0, offset) : 0) + rows.length
    const { record } = await run(call, plan.operation, { ...variables, first, offset: start })
    if (!isObject(record)) throw new Fault('no_access')
    const page = nodesOf(record.list)
    rows.push(...page)
    if (page.length < first || rows.length === limit) return rows
  }
}

async function single(call: Call, plan: RelatedPlan, id: string): Promise<readonly Row[]> {
  const { record } = await run(call, plan.operation, { id })
  if (!isObject(record)) throw new Fault('no_access')
  return isObject(record.one) ? [record.one] : []
}

/**
 * A related record. SuiteCRM makes a new record of each and copies the wanted fields onto it, so without wanted fields
 * it answers what a new record holds.
 *
 * @see SugarWebServiceImplv4_1.php get_relationships()
 */
function relatedEntry(version: LegacyVersion, plan: RelatedPlan, wanted: readonly string[], row: Row): Entry {
  const { module, columns } = plan
  const copies = wanted.filter(name => !fieldOf(module, name) || isAnswered(module, version, name))
  if (copies.length === 0) return { id: null, module_name: module.name, name_value_list: fresh(module, version) }
  const copied = columns.map(column => ({ ...column, read: (from: Row) => column.read(from) ?? '' }))
  return {
    id: wanted.includes('id') ? row.id : null,
    module_name: module.name,
    name_value_list: nameValueList(copied, row),
  }
}

function fresh(module: Module, version: LegacyVersion) {
  const record = freshRecord(module)
  const list: Record<string, NameValue> = {}
  for (const name of answeredFields(module, version, [])) {
    if (record[name] !== undefined) list[name] = { name, value: record[name] }
  }
  return list
}
