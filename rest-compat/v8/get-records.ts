import type { Module } from '../../schema/module.ts'
import { documentAnswer, messageAnswer, type Answer } from './answer.ts'
import type { Call } from './call.ts'
import { graphFilter, type ParsedFilter } from './filter.ts'
import { collect, graphSort, listDocument, pageDefault, pageLinks, stretchOf, type Stretch } from './list.ts'
import * as operations from './operations.ts'
import { resolveOptions } from './options.ts'
import * as parameters from './parameters.ts'
import { isNode, type Node } from './record.ts'
import { notFoundText, refused, run } from './run.ts'

export const databaseFailure = 'Database failure. Please refer to suitecrm.log for details.'

/** GET /module/{moduleName} */
export async function getRecords(call: Call): Promise<Answer> {
  const { views, style, path } = call
  const { catalog } = views
  const moduleOf: parameters.ModuleOf = async others =>
    parameters.moduleFor(catalog, String(await others.get('moduleName')))
  const {
    moduleName,
    fields,
    page = {},
    ...wanted
  } = await resolveOptions(
    {
      moduleName: parameters.moduleName,
      fields: parameters.fields(catalog),
      page: parameters.page,
      sort: parameters.sort(moduleOf),
      filter: parameters.filter(moduleOf),
    },
    call.sent,
  )
  const module = parameters.moduleFor(catalog, moduleName)
  const writer = views.writer(module, 'api', fields, 8)
  const { nodes, total } = await readList(call, module, { page, ...wanted }, writer.fields)
  if (nodes.length === 0) return messageAnswer(200, { message: 'Request was successful, but there is no result' })

  const records = nodes.map(node => writer.write(node, { style, path: `${path}/${String(node['id'])}` }))
  if (page.size === undefined) return documentAnswer(200, listDocument({ records }))
  const pages = Math.ceil(total / page.size)
  const meta = { 'total-pages': pages, 'records-on-this-page': records.length }
  return documentAnswer(
    200,
    listDocument({ meta, records, links: pageLinks(path, call.query, pages, page.number ?? 0) }),
  )
}

type List = {
  readonly page: parameters.Page
  readonly sort: parameters.SortBy | undefined
  readonly filter: ParsedFilter
}
type Listed = { readonly nodes: readonly Node[]; readonly total: number }

async function readList(
  call: Call,
  module: Module,
  { page, sort, filter }: List,
  names: readonly string[],
): Promise<Listed> {
  const { context, views } = call
  const conditions = graphFilter(module, views.graph(module), filter)
  if (!conditions) throw refused(databaseFailure)
  const variables = { filter: conditions, sort: graphSort(views, module, sort) }
  if (filter.deleted) return refuseDeleted(call, module, variables)

  let total: number | undefined
  const read = async (stretch: Stretch) => {
    const counted = page.size !== undefined && total === undefined
    const operation = operations.readMany(views.catalog, module, names, counted)
    const { r } = await run(context, operation, { ...variables, ...stretch })
    if (counted && isNode(r)) total = Number(r['totalCount'])
    return nodesOf(r)
  }
  const nodes = await collect(stretchOf(page, pageDefault), read)
  return { nodes, total: total ?? 0 }
}

/** The records of a connection. */
export const nodesOf = (connection: unknown): readonly Node[] =>
  isNode(connection) && Array.isArray(connection['nodes']) ? connection['nodes'].filter(isNode) : []

/** SuiteCRM finds deleted records by a filter, but then fails to read the first of them. */
async function refuseDeleted(
  call: Call,
  module: Module,
  variables: Readonly<Record<string, unknown>>,
): Promise<Listed> {
  const operation = operations.readMany(call.views.catalog, module, ['id'], false)
  const { r } = await run(call.context, operation, { ...variables, first: 1, offset: 0, deleted: 'ONLY' })
  const [first] = nodesOf(r)
  if (first) throw refused(notFoundText(module.name, String(first['id'])))
  return { nodes: [], total: 0 }
}
