import { isMany } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import type { Answer } from '../v8/answer.ts'
import type { Operation } from '../operation.ts'
import { moduleGraph } from '../v8/graph.ts'
import { isNode, type Node } from '../v8/record.ts'
import { allowParameters, idOf, linkOf, moduleOf, type Call } from './call.ts'
import { documentAnswer, etagOf } from './document.ts'
import { filterOf } from './filter.ts'
import { nodesOf, pageInfoOf } from './nodes.ts'
import * as operations from './operations.ts'
import { pageLinks, pageOf, reversed, sortOf, type Neighbours } from './page.ts'
import { Problem, problem } from './problem.ts'
import { collectResources } from './resource.ts'
import { run } from './run.ts'
import { selectionText, wantedOf, type Wanted } from './wanted.ts'

/** GET /module/{moduleName}/{id} */
export async function readRecord(call: Call): Promise<Answer> {
  allowParameters(call, 'fields', 'include')
  const module = moduleOf(call)
  const wanted = wantedOf(call.catalog, call.shapeOf, module, call.query)
  const { r } = await run(call, operations.readOne(call.catalog, module, selectionText(wanted)), { id: idOf(call) })
  if (!isNode(r)) throw noRecord(module, idOf(call))
  return recordAnswer(call, r, wanted)
}

/** GET /module/{moduleName} */
export async function listRecords(call: Call): Promise<Answer> {
  allowParameters(call, 'fields', 'include', 'filter', 'sort', 'page')
  const module = moduleOf(call)
  const wanted = wantedOf(call.catalog, call.shapeOf, module, call.query)
  const operation = operations.readMany(call.catalog, module, selectionText(wanted))
  const { nodes, neighbours } = await readPage(
    call,
    module,
    async variables => (await run(call, operation, variables))['r'],
  )
  return listAnswer(call, nodes, wanted, neighbours)
}

/** GET /module/{moduleName}/{id}/{linkFieldName} */
export async function readRelated(call: Call): Promise<Answer> {
  const link = linkOf(call, call.shapeOf(moduleOf(call)))
  const wanted = wantedOf(call.catalog, call.shapeOf, link.target, call.query)
  const selection = selectionText(wanted)
  if (!isMany(link)) {
    allowParameters(call, 'fields', 'include')
    const record = await sourceOf(call, operations.readLinkedOne(call.catalog, link, selection), {})
    const related = record[link.name]
    return isNode(related) ? recordAnswer(call, related, wanted) : documentAnswer({ data: 'null' })
  }
  allowParameters(call, 'fields', 'include', 'filter', 'sort', 'page')
  const operation = operations.readLinked(call.catalog, link, selection)
  const read = async (variables: Node) => (await sourceOf(call, operation, variables))[link.name]
  const { nodes, neighbours } = await readPage(call, link.target, read)
  return listAnswer(call, nodes, wanted, neighbours)
}

/** The record of the path. @throws Problem  NOT_FOUND */
export async function sourceOf(call: Call, operation: Operation, variables: Node): Promise<Node> {
  const { r } = await run(call, operation, { ...variables, id: idOf(call) })
  if (!isNode(r)) throw noRecord(moduleOf(call), idOf(call))
  return r
}

type Paged = { readonly nodes: readonly Node[]; readonly neighbours: Neighbours }

/** One page of a list, by the cursors that the graph gives. A page before a record is read from the other end. */
export async function readPage(
  { query, catalog }: Call,
  module: Module,
  read: (variables: Node) => Promise<unknown>,
): Promise<Paged> {
  const { outputs } = moduleGraph(catalog, module)
  const hasField = (name: string) => outputs.has(name)
  const { size, after, before } = pageOf(query)
  const sort = sortOf(module.name, hasField, query)
  const filter = filterOf({ name: module.name, scalarOf: name => outputs.get(name) }, query)
  const isBackward = before !== undefined
  const variables = { filter, sort: isBackward ? reversed(sort) : sort, first: size, after: before ?? after }
  const answered = await read(variables).catch((error: unknown) => {
    throw isBackward ? pointingAtBefore(error) : error
  })
  const { hasNextPage, start, end } = pageInfoOf(answered)
  const nodes = nodesOf(answered)
  if (!isBackward)
    return {
      nodes,
      neighbours: { before: after === undefined ? undefined : start, after: hasNextPage ? end : undefined },
    }
  return { nodes: nodes.toReversed(), neighbours: { before: hasNextPage ? end : undefined, after: start } }
}

/** The graph knows one cursor only. */
const pointingAtBefore = (error: unknown) =>
  error instanceof Problem
    ? new Problem(
        [{ ...error.faults[0], source: { parameter: 'page[before]' } }, ...error.faults.slice(1)],
        error.headers,
      )
    : error

function listAnswer(
  { base, path, rawQuery }: Call,
  nodes: readonly Node[],
  wanted: Wanted,
  neighbours: Neighbours,
): Answer {
  const resources = collectResources()
  for (const node of nodes) resources.add(node, wanted)
  const { primary, included } = resources.write(base)
  return documentAnswer({
    data: `[${primary.join()}]`,
    included,
    links: pageLinks(`${base}${path}`, rawQuery, neighbours),
  })
}

/** A document of one record. Its version is its entity tag, unless other records stand beside it. */
export function recordAnswer(
  { base }: Call,
  node: Node,
  wanted: Wanted,
  how: { status?: number; location?: boolean } = {},
): Answer {
  const resources = collectResources()
  resources.add(node, wanted)
  const { primary, included } = resources.write(base)
  const self = `${base}/module/${wanted.shape.module.name}/${encodeURIComponent(String(node['id']))}`
  return documentAnswer(
    { data: primary[0], included, links: { self } },
    { status: how.status, etag: etagOf(node['record_version']), location: how.location ? self : undefined },
  )
}

/** No such record, or the caller may not see it: the two look alike on purpose. */
export const noRecord = (module: Module, id: string) => problem('NOT_FOUND', `${module.name} ${id} does not exist`)
