import type { Module } from '../../schema/module.ts'
import { documentAnswer, messageAnswer, type Answer } from './answer.ts'
import type { Call } from './call.ts'
import { graphFilter, type ParsedFilter } from './filter.ts'
import { databaseFailure, nodesOf } from './get-records.ts'
import { collect, graphSort, listDocument, pageLinks, recordsMax, stretchOf, type Stretch } from './list.ts'
import * as operations from './operations.ts'
import { resolveOptions, type Others } from './options.ts'
import * as parameters from './parameters.ts'
import { isNode, type Node } from './record.ts'
import { refused, run } from './run.ts'
import { ifSourceExists, sourceMissing, sourceOptions, type Source } from './source.ts'

/** GET /module/{moduleName}/{id}/relationships/{linkFieldName} */
export const getRelationship = (call: Call): Promise<Answer> =>
  ifSourceExists(call, async () => {
    const { moduleOf, options } = sourceOptions(call)
    const linkFieldName = parameters.linkFieldName(moduleOf)
    const relatedOf = async (others: Others) => {
      const module = await moduleOf(others)
      return relatedModule(call, module, String(await others.get('linkFieldName'))) ?? module
    }
    const {
      sourceBean: source,
      linkFieldName: link,
      page = {},
      ...wanted
    } = await resolveOptions(
      {
        ...options,
        linkFieldName,
        page: parameters.page,
        sort: parameters.sort(relatedOf),
        filter: parameters.filter(relatedOf),
      },
      call.sent,
    )
    const { nodes, total } = await readLinked(call, source, link, { page, ...wanted })
    return nodes.length === 0
      ? messageAnswer(200, {
          message: `There is no relationship set in ${source.module.objectName} module with ${link} link field`,
        })
      : listAnswer(call, relatedModule(call, source.module, link) ?? source.module, nodes, total, page)
  })

/** The module at the other end, or undefined where that is no module of this installation. */
const relatedModule = (call: Call, module: Module, link: string) => call.views.graph(module).links.get(link)?.target

function listAnswer(call: Call, related: Module, nodes: readonly Node[], total: number, page: parameters.Page): Answer {
  const writer = call.views.writer(related, 'api', undefined, 8)
  const records = nodes.map(node =>
    writer.write(node, { style: call.style, self: `V8/module/${related.objectName}/${String(node['id'])}` }),
  )
  const { size, number = 0 } = page
  const pages = size === undefined ? 1 : Math.ceil(total / size)
  const meta = { 'total-records': total, 'total-pages': pages, 'records-on-this-page': records.length }
  const links = size === undefined ? undefined : pageLinks(call.path, call.query, pages, number)
  return documentAnswer(200, listDocument({ meta, records, links }))
}

type Wanted = {
  readonly page: parameters.Page
  readonly sort: parameters.SortBy | undefined
  readonly filter: ParsedFilter
}
type Linked = { readonly nodes: readonly Node[]; readonly total: number }

async function readLinked(call: Call, source: Source, link: string, wanted: Wanted): Promise<Linked> {
  const { views, context } = call
  const way = views.graph(source.module).links.get(link)
  if (!way) {
    // The link leads to a module that does not exist here: the record counts all the same.
    const { r } = await run(context, operations.readOne(views.catalog, source.module, ['id']), { id: source.id })
    if (!isNode(r)) throw await sourceMissing(call, source)
    return { nodes: [], total: 0 }
  }
  const { target, many } = way
  const filter = graphFilter(target, views.graph(target), wanted.filter)
  if (!filter) throw refused(databaseFailure)
  if (wanted.filter.deleted) return { nodes: [], total: 0 }
  const { fields } = views.writer(target, 'api', undefined, 8)
  const variables = { filter, sort: graphSort(views, target, wanted.sort) }
  if (!many) return readOnlyOne(call, source, link, target, { ...variables, fields, page: wanted.page })

  let total: number | undefined
  const nodes = await collect(stretchOf(wanted.page, recordsMax), async (stretch: Stretch) => {
    const counted = wanted.page.size !== undefined && total === undefined
    const operation = operations.readLinked(views.catalog, source.module, link, target, fields, counted)
    const { r } = await run(context, operation, { id: source.id, ...variables, ...stretch })
    if (!isNode(r)) throw await sourceMissing(call, source)
    const connection = r[link]
    if (counted && isNode(connection)) total = Number(connection['totalCount'])
    return nodesOf(connection)
  })
  return { nodes, total: total ?? nodes.length }
}

type One = {
  readonly filter: unknown
  readonly sort: unknown
  readonly fields: readonly string[]
  readonly page: parameters.Page
}

/** Over a link to one, conditions are put to that record by its id. */
async function readOnlyOne(call: Call, source: Source, link: string, target: Module, one: One): Promise<Linked> {
  const { views, context } = call
  const { r } = await run(context, operations.readLinkedOne(views.catalog, source.module, link), { id: source.id })
  if (!isNode(r)) throw await sourceMissing(call, source)
  const linked = r[link]
  if (!isNode(linked)) return { nodes: [], total: 0 }
  const operation = operations.readMany(views.catalog, target, one.fields, false)
  const filter = { and: [{ id: { eq: linked['id'] } }, one.filter] }
  const found = nodesOf((await run(context, operation, { filter, sort: one.sort, first: 1, offset: 0 }))['r'])
  return { nodes: stretchOf(one.page, 1).offset > 0 ? [] : found, total: found.length }
}
