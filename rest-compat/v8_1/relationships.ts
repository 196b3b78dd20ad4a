import { isMany, type Link } from '../../schema/link.ts'
import type { Answer } from '../v8/answer.ts'
import { isNode } from '../v8/record.ts'
import { allowParameters, idOf, linkOf, moduleOf, type Call } from './call.ts'
import { documentAnswer, emptyAnswer, rehearsedAnswer } from './document.ts'
import { linkageOf } from './given.ts'
import * as operations from './operations.ts'
import { pageLinks } from './page.ts'
import { expectedVersion, ifUnchanged } from './precondition.ts'
import { problem } from './problem.ts'
import { readPage, sourceOf } from './read.ts'
import { identifierText } from './resource.ts'
import { run } from './run.ts'

/** GET /module/{moduleName}/{id}/relationships/{linkFieldName}: which records, without the records. */
export async function readLinkage(call: Call): Promise<Answer> {
  const link = linkOf(call, call.shapeOf(moduleOf(call)))
  const { name, target } = link
  const [self, related] = [`${call.base}${call.path}`, `${call.base}${call.path.replace('/relationships/', '/')}`]
  if (!isMany(link)) {
    allowParameters(call)
    const { [name]: one } = await sourceOf(call, operations.readLinkedOne(call.catalog, link, 'id'), {})
    const data = isNode(one) ? identifierText(target.name, String(one['id'])) : 'null'
    return documentAnswer({ data, links: { self, related } })
  }
  allowParameters(call, 'filter', 'sort', 'page')
  const operation = operations.readLinked(call.catalog, link, 'id')
  const { nodes, neighbours } = await readPage(
    call,
    target,
    async variables => (await sourceOf(call, operation, variables))[name],
  )
  const data = `[${nodes.map(({ id }) => identifierText(target.name, String(id))).join()}]`
  return documentAnswer({ data, links: { ...pageLinks(self, call.rawQuery, neighbours), related } })
}

/** POST .../relationships/{linkFieldName}: adds to a link to many. */
export async function addToLink(call: Call): Promise<Answer> {
  const link = manyOf(call)
  return change(call, link, 'relate', idsOf(call, link))
}

/** DELETE .../relationships/{linkFieldName}: takes out of a link to many. */
export async function takeFromLink(call: Call): Promise<Answer> {
  const link = manyOf(call)
  return change(call, link, 'unrelate', idsOf(call, link))
}

/** DELETE .../relationships/{linkFieldName}/{relatedBeanId}: the address that 8.0 has for it. */
export async function takeOneFromLink(call: Call): Promise<Answer> {
  const link = linkOf(call, call.shapeOf(moduleOf(call)))
  return change(call, link, 'unrelate', [call.route.get('relatedBeanId') ?? ''])
}

/** PATCH .../relationships/{linkFieldName}: sets or clears a link to one. */
export async function setLink(call: Call): Promise<Answer> {
  const link = linkOf(call, call.shapeOf(moduleOf(call)))
  if (isMany(link))
    throw problem('FORBIDDEN', `Add to ${link.name} by POST and take out by DELETE; it is not replaced as a whole`)
  const ids = linkageOf(call, link.target)
  if (ids !== null) return change(call, link, 'relate', ids)
  const { [link.name]: one } = await sourceOf(call, operations.readLinkedOne(call.catalog, link, 'id'), {})
  return change(call, link, 'unrelate', isNode(one) ? [String(one['id'])] : [])
}

async function change(
  call: Call,
  link: Link,
  verb: 'relate' | 'unrelate',
  relatedIds: readonly string[],
): Promise<Answer> {
  allowParameters(call)
  const [module, id] = [link.module, idOf(call)]
  const version = await expectedVersion(call, module, id)
  const operation = operations[verb](call.catalog, module)
  await ifUnchanged(module, id, () => run(call, operation, { id, link: link.name, relatedIds, version }))
  return call.isRehearsal ? rehearsedAnswer() : emptyAnswer()
}

function manyOf(call: Call): Link {
  const link = linkOf(call, call.shapeOf(moduleOf(call)))
  if (isMany(link)) return link
  throw problem('FORBIDDEN', `${link.name} leads to one record: set it by PATCH`)
}

/** @throws Problem  null, which stands for a link to one */
function idsOf(call: Call, { target }: Link): readonly string[] {
  const ids = linkageOf(call, target)
  if (ids === null) throw problem('INVALID', 'Expected a list of identifiers', { pointer: '/data' })
  return ids
}
