import type { Module } from '../../schema/module.ts'
import { documentAnswer, errorAnswer, type Answer } from './answer.ts'
import type { Call } from './call.ts'
import { recordDocument } from './get-record.ts'
import { fileOf, inputOf, type Input } from './input.ts'
import * as operations from './operations.ts'
import { resolveOptions } from './options.ts'
import * as parameters from './parameters.ts'
import type { PhpArray, PhpValue } from './php-array.ts'
import { isNode, type Node } from './record.ts'
import { failureAnswer, GraphFailure, notFoundText, refused, Refusal, run } from './run.ts'
import { wholeRecord } from './unread.ts'

/** POST /module */
export async function createRecord(call: Call): Promise<Answer> {
  const { catalog } = call.views
  const resolveData = (data: PhpArray) =>
    resolveOptions({ id: parameters.newId, type: parameters.type, attributes: parameters.attributes(catalog) }, data)
  const { data } = await resolveOptions({ data: parameters.data(resolveData) }, call.sent)
  const module = catalog.byAlias.get(data.type)
  if (!module) throw refused(`Module ${data.type} does not exist`)

  const attributes = data.attributes ?? new Map<string, PhpValue>()
  const id = ownId(attributes) ?? data.id
  const graph = call.views.graph(module)
  const input = {
    ...inputOf(module, graph, attributes, call.style.date),
    ...(id === undefined ? {} : { id }),
  }
  return answerFailures(module, `Bean ${data.type} with id ${String(id)} is already exist`, async () => {
    const node = await change(call, module, attributes, input, (fields, input) =>
      run(call.context, operations.create(catalog, module, fields), { input }),
    )
    return savedAnswer(call, module, node, attributes)
  })
}

/** PATCH /module */
export async function updateRecord(call: Call): Promise<Answer> {
  const { catalog } = call.views
  const resolveData = (data: PhpArray) =>
    resolveOptions({ id: parameters.id, type: parameters.type, attributes: parameters.attributes(catalog) }, data)
  const { data } = await resolveOptions({ data: parameters.data(resolveData) }, call.sent)
  const module = catalog.byAlias.get(data.type)
  if (!module) throw refused(`Module with name ${data.type} is not found`)

  const { id } = data
  const attributes = data.attributes ?? new Map<string, PhpValue>()
  const changedId = ownId(attributes)
  if (changedId !== undefined && changedId !== id) return wholeRecord(call, module, id, attributes)
  const input = inputOf(module, call.views.graph(module), attributes, call.style.date)
  return answerFailures(module, '', async () => {
    const node = await change(call, module, attributes, input, (fields, input) =>
      run(call.context, operations.update(catalog, module, fields), { id, input }),
    )
    return savedAnswer(call, module, node, attributes)
  })
}

/**
 * Writes what the attributes say: the record, then its file, as SuiteCRM does, so that a bad file leaves the record. A
 * deletion goes with the last of them: where it is refused, nothing that was sent with it is stored.
 */
async function change(
  call: Call,
  module: Module,
  attributes: PhpArray,
  input: Input,
  save: (fields: readonly string[], input: Input) => Promise<Readonly<Record<string, unknown>>>,
): Promise<Node> {
  const { views, context } = call
  const file = fileOf(views.graph(module), attributes)
  const { fields } = views.writer(module, 'api', undefined, 4)
  const deletion: Input = isDeletion(attributes.get('deleted')) ? { deleted: true } : {}
  const { r: saved } = await (file ? save(['id'], input) : save(fields, { ...input, ...deletion }))
  if (!isNode(saved)) throw new Error(`${module.name} was saved but not answered`)
  if (!file) return saved
  const id = String(saved['id'])
  const { r } = await run(context, operations.update(views.catalog, module, fields), {
    id,
    input: { ...file, ...deletion } satisfies Input,
  })
  return isNode(r) ? r : saved
}

async function savedAnswer(call: Call, module: Module, node: Node, attributes: PhpArray): Promise<Answer> {
  const id = String(node['id'])
  if (isDeletion(attributes.get('deleted'))) return wholeRecord(call, module, id, attributes)
  const writer = call.views.writer(module, 'api', undefined, 4)
  return documentAnswer(201, recordDocument(writer.write(node, { style: call.style, path: `${call.path}/${id}` })))
}

/** What PHP finds equal to 1. */
const isDeletion = (value: PhpValue | undefined) => value === true || value === 1 || value === '1'

/** An id among the attributes takes the place of the record's own. */
function ownId(attributes: PhpArray): string | undefined {
  const id = attributes.get('id')
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** SuiteCRM's words for what can go wrong while a record is saved. */
async function answerFailures(module: Module, exists: string, save: () => Promise<Answer>): Promise<Answer> {
  try {
    return await save()
  } catch (error) {
    if (!(error instanceof GraphFailure)) throw error
    if (error.code === 'ALREADY_EXISTS') return errorAnswer(400, exists)
    // modules/Users/User.php save() refuses in words of its own.
    if (module.name === 'Users') throw new Refusal(failureAnswer(error, 'Not authorized'))
    throw error
  }
}

/** DELETE /module/{moduleName}/{id} */
export async function deleteRecord(call: Call): Promise<Answer> {
  const { context, views } = call
  const { moduleName, id } = await resolveOptions({ moduleName: parameters.moduleName, id: parameters.id }, call.sent)
  const module = views.catalog.byAlias.get(moduleName)
  if (!module) throw refused(`Module with name ${moduleName} is not found`)
  const { r } = await run(context, operations.remove(views.catalog, module), { id })
  if (!isNode(r)) throw refused(notFoundText(module.name, id))
  return documentAnswer(200, deleted(id))
}

const deleted = (id: string) =>
  `{\n    "meta": {\n        "message": "Record with id ${id} is deleted"\n    },\n    "data": []\n}`
