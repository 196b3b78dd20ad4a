import type { Field } from '../../schema/field.ts'
import { documentAnswer, type Answer } from './answer.ts'
import type { Call } from './call.ts'
import { prettyJson } from './json.ts'
import * as operations from './operations.ts'
import { resolveOptions } from './options.ts'
import * as parameters from './parameters.ts'
import { isNode } from './record.ts'
import { refused, run } from './run.ts'
import { isTab, listedTabs, moduleActions } from './tabs.ts'

/** GET /meta/modules. SuiteCRM does not look at who asks: it answers what its first administrator may use. */
export const getModuleList = ({ views }: Call): Promise<Answer> =>
  Promise.resolve(
    metaAnswer(
      'modules',
      Object.fromEntries(listedTabs(views.catalog).map(([name, label]) => [name, { label, access: moduleActions }])),
    ),
  )

const notAllowed = '[SuiteCRM] [Not Allowed] The API user does not have access to this module.'

/** GET /meta/fields/{moduleName}: only for modules that are tabs, and that the user's roles leave open. */
export async function getFieldList(call: Call): Promise<Answer> {
  const { views, context } = call
  const { moduleName } = await resolveOptions({ moduleName: parameters.moduleName }, call.sent)
  const module = views.catalog.byName.get(moduleName)
  if (!module || !isTab(views.catalog, moduleName)) throw refused(notAllowed)
  if (!context.principal.isAdmin) {
    const { r } = await run(context, operations.moduleAccess(views.catalog), { module: moduleName })
    if (!isNode(r) || r['access'] !== true) throw refused(notAllowed)
  }
  return metaAnswer(
    'fields',
    Object.fromEntries(Object.entries(module.fields).map(([name, field]) => [name, fieldMeta(field)])),
  )
}

const metaAnswer = (type: string, attributes: Readonly<Record<string, unknown>>) =>
  documentAnswer(200, prettyJson({ data: { type, attributes } }))

// How a definition's keys are called in SuiteCRM's own definitions. Others are not told.
const told: Readonly<Partial<Record<keyof Field, string>>> = {
  kind: 'type',
  db: 'dbType',
  source: 'source',
  relationship: 'relationship',
  default: 'default',
  len: 'len',
  precision: 'precision',
  comment: 'comment',
  required: 'required',
  vname: 'vname',
}

/**
 * What is told of a field, in the order of its definition.
 *
 * @see SuiteCRM Api/V8/Service/MetaService.php pruneVardef()
 */
export function fieldMeta(field: Field): Readonly<Record<string, unknown>> {
  const meta: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(field)) {
    const name = told[key as keyof Field]
    if (name !== undefined) meta[name] = value
  }
  meta['required'] ??= false
  meta['dbType'] ??= field.kind
  return meta
}
