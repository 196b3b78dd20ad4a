import { fieldOf, type Module } from '../../schema/module.ts'
import { isTrimmable, trim } from '../text.ts'
import { messageAnswer, type Answer } from './answer.ts'
import type { Call } from './call.ts'
import { isLoadable } from './links.ts'
import * as operations from './operations.ts'
import { ParameterError, resolveOptions, type FallbackOption } from './options.ts'
import * as parameters from './parameters.ts'
import type { PhpArray } from './php-array.ts'
import { isNode, type Node } from './record.ts'
import { GraphFailure, refused, run } from './run.ts'
import { ifSourceExists, sourceMissing, sourceOptions, type Source } from './source.ts'

/** POST /module/{moduleName}/{id}/relationships: over the link that joins the two modules. */
export const createRelationship = (call: Call): Promise<Answer> =>
  ifSourceExists(call, async () => {
    const { sourceBean: source, relatedBean: related } = await resolveOptions(
      { ...sourceOptions(call).options, data: relatedData, relatedBean: relatedBean(call) },
      call.sent,
    )
    const records = await readBoth(call, source, related)
    const link = linkBetween(call, source.module, related.module)
    await relate(call, source, related, link, records)
    const [a, b] = [source.module.objectName, related.module.objectName]
    return messageAnswer(201, { message: `${b} with id ${related.id} has been added to ${a} with id ${source.id}` })
  })

/** POST /module/{moduleName}/{id}/relationships/{linkFieldName} */
export const createRelationshipByLink = (call: Call): Promise<Answer> =>
  ifSourceExists(call, async () => {
    const { moduleOf, options } = sourceOptions(call)
    const linkFieldName = parameters.linkFieldName(moduleOf)
    const {
      sourceBean: source,
      relatedBean: related,
      linkFieldName: link,
    } = await resolveOptions(
      { ...options, data: relatedData, relatedBean: relatedBean(call), linkFieldName },
      call.sent,
    )
    await relate(call, source, related, link, await readBoth(call, source, related))
    const [a, b] = [source.module, related.module]
    return messageAnswer(201, {
      message: `${b.label} record with id ${related.id} has been related to ${a.label} record with id ${source.id} using link ${link}`,
      sourceModule: a.name,
      sourceModuleLabel: a.label,
      sourceId: source.id,
      relatedModule: b.name,
      relatedModuleLabel: b.label,
      relatedId: related.id,
      relationshipLink: link,
    })
  })

/** DELETE /module/{moduleName}/{id}/relationships/{linkFieldName}/{relatedBeanId} */
export const deleteRelationship = (call: Call): Promise<Answer> =>
  ifSourceExists(call, async () => {
    const { views, context } = call
    const { moduleOf, options } = sourceOptions(call)
    const {
      sourceBean,
      linkFieldName: link,
      relatedBeanId: id,
    } = await resolveOptions(
      { ...options, linkFieldName: parameters.linkFieldName(moduleOf), relatedBeanId: parameters.relatedId },
      call.sent,
    )
    const { module } = sourceBean
    const target = views.graph(module).links.get(link)?.target
    const notRelated = refused(`Module with ${id} id is not related to ${module.objectName}`)
    const { r } = await run(context, operations.readOne(views.catalog, module, ['id']), { id: sourceBean.id })
    if (!isNode(r)) throw await sourceMissing(call, sourceBean)
    if (!target) throw notRelated
    try {
      await run(context, operations.unrelate(views.catalog, module), { id: sourceBean.id, link, relatedIds: [id] })
    } catch (error) {
      const isMissing = error instanceof GraphFailure && (error.code === 'NOT_RELATED' || error.code === 'NOT_FOUND')
      throw isMissing ? notRelated : error
    }
    const [a, b] = [module.objectName, target.objectName]
    return messageAnswer(200, {
      message: `Relationship has been deleted between ${a} with id ${sourceBean.id} and ${b} with id ${id}`,
    })
  })

const relatedData = parameters.data((data: PhpArray) =>
  resolveOptions({ type: parameters.type, id: parameters.id }, data),
)

/** The record that the body names; like the source it is looked for before the link is. */
const relatedBean = ({ views }: Call): FallbackOption<Source> => ({
  type: 'string',
  allows: () => false,
  async fallback(others) {
    const { type, id } = (await others.get('data')) as Awaited<ReturnType<typeof relatedData.normalize>>
    const module = views.catalog.byAlias.get(type)
    if (!module) throw new ParameterError(`Module with name ${type} is not found`)
    return { module, id }
  },
  normalize: () => {
    throw new ParameterError('The option "relatedBean" is invalid.')
  },
})

/**
 * The link that SuiteCRM takes when none is named. Of several relationships between the modules it takes whichever its
 * database answers first; here one with a join table, else the last by name. Of several links over it, the last.
 *
 * @see SuiteCRM Api/V8/BeanDecorator/BeanManager.php getLinkedFieldName()
 */
function linkBetween({ views }: Call, source: Module, related: Module): string {
  const links = Object.keys(source.fields).filter(name => isLoadable(source, name))
  const relationshipOf = (link: string) => fieldOf(source, link)?.relationship ?? ''
  const known = (link: string) => views.catalog.relationships.get(relationshipOf(link))
  const between = links.filter(link => {
    const [a, b] = [known(link)?.lhs[0], known(link)?.rhs[0]]
    return (a === source.name && b === related.name) || (a === related.name && b === source.name)
  })
  const joined = between.filter(link => known(link)?.join)
  const relationship = (joined.length > 0 ? joined : between).map(relationshipOf).sort().at(-1)
  const link = between.filter(name => relationshipOf(name) === relationship).at(-1)
  if (link !== undefined) return link
  throw refused(`Link field has not found in ${source.objectName} to determine relationship for ${related.objectName}`)
}

type Both = { readonly source: Node; readonly related: Node }

/** Reads both records, with the text that saving them would trim. */
async function readBoth(call: Call, source: Source, related: Source): Promise<Both> {
  const { views, context } = call
  const fields = (module: Module) => ['id', ...trimmable(module, views.graph(module).outputs)]
  const operation = operations.readTwo(
    views.catalog,
    source.module,
    fields(source.module),
    related.module,
    fields(related.module),
  )
  const { r, s } = await run(context, operation, { a: source.id, b: related.id })
  if (!isNode(r)) throw await sourceMissing(call, source)
  if (!isNode(s)) throw await sourceMissing(call, related)
  return { source: r, related: s }
}

const trimmable = (module: Module, outputs: ReadonlyMap<string, unknown>) =>
  Object.entries(module.fields)
    .filter(([name, field]) => (field.kind === 'name' || field.kind === 'varchar') && outputs.has(name))
    .filter(([, field]) => field.source !== 'non-db')
    .map(([name]) => name)

/** Relates two records. SuiteCRM saves both again, which trims their text. @see Link2.php add(), resaveRelatedBeans() */
async function relate(call: Call, source: Source, related: Source, link: string, { source: a, related: b }: Both) {
  const { views, context } = call
  const way = views.graph(source.module).links.get(link)
  if (way?.target !== related.module)
    throw refused(
      `Cannot create relationship ${link} between module ${source.module.objectName} and ${related.module.objectName}`,
    )
  const variables = { id: source.id, link, relatedIds: [related.id] }
  await run(context, operations.relate(views.catalog, source.module), variables)
  for (const [{ module, id }, node] of [[source, a] as const, [related, b] as const]) {
    const input = trimmed(module, node)
    if (input) await saveAgain(call, module, id, input)
  }
}

/** Who may relate a record need not be allowed to change it; then its text stays as it is. */
async function saveAgain(
  { views, context }: Call,
  module: Module,
  id: string,
  input: Readonly<Record<string, string>>,
) {
  try {
    await run(context, operations.update(views.catalog, module, ['id']), { id, input })
  } catch (error) {
    if (!(error instanceof GraphFailure && error.code === 'FORBIDDEN')) throw error
  }
}

function trimmed(module: Module, node: Node): Readonly<Record<string, string>> | undefined {
  const changes = Object.entries(node).flatMap(([name, value]) => {
    const field = fieldOf(module, name)
    return field && typeof value === 'string' && isTrimmable(field, value) ? [[name, trim(value)] as const] : []
  })
  return changes.length > 0 ? Object.fromEntries(changes) : undefined
}
