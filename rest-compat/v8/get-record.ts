import { documentAnswer, type Answer } from './answer.ts'
import type { Call } from './call.ts'
import * as operations from './operations.ts'
import { resolveOptions } from './options.ts'
import * as parameters from './parameters.ts'
import { isNode } from './record.ts'
import { missing, notFoundText, refused, run } from './run.ts'

/** GET /module/{moduleName}/{id} */
export async function getRecord(call: Call): Promise<Answer> {
  const { context, views } = call
  const { moduleName, id, fields } = await resolveOptions(
    { moduleName: parameters.moduleName, id: parameters.id, fields: parameters.fields(views.catalog) },
    call.sent,
  )
  const module = views.catalog.byAlias.get(moduleName)
  if (id === '0') throw refused(`Module id is empty when trying to get ${moduleName}`)
  if (!module) throw refused(`Module with name ${moduleName} is not found`)

  const writer = views.writer(module, 'api', fields, 4)
  const { r: node } = await run(context, operations.readOne(views.catalog, module, writer.fields), { id })
  if (!isNode(node)) throw await missing(context, module.name, refused(notFoundText(module.name, id)))
  return documentAnswer(200, recordDocument(writer.write(node, { style: call.style, path: call.path })))
}

/** A document of one record, whose text is indented by four. */
export const recordDocument = (record: string) => `{\n    "data": ${record}\n}`
