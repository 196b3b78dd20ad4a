import type { Answer } from '../v8/answer.ts'
import { isNode } from '../v8/record.ts'
import { allowParameters, idOf, moduleOf, type Call } from './call.ts'
import { emptyAnswer, rehearsedAnswer } from './document.ts'
import { givenOf } from './given.ts'
import * as operations from './operations.ts'
import { expectedVersion, ifUnchanged } from './precondition.ts'
import { problem } from './problem.ts'
import { noRecord, recordAnswer } from './read.ts'
import { run } from './run.ts'
import { selectionText, wantedOf } from './wanted.ts'

/** POST /module/{moduleName}, POST /module */
export async function createRecord(call: Call): Promise<Answer> {
  allowParameters(call, 'fields', 'include')
  const { module, id, input } = givenOf(call, { module: namedModule(call) })
  const wanted = wantedOf(call.catalog, call.shapeOf, module, call.query)
  const selection = call.isRehearsal ? 'id' : selectionText(wanted)
  const variables = { input: id === undefined ? input : { ...input, id } }
  const { r } = await run(call, operations.create(call.catalog, module, selection), variables)
  if (!isNode(r)) throw new Error(`${module.name} was saved but not answered`)
  return call.isRehearsal ? rehearsedAnswer() : recordAnswer(call, r, wanted, { status: 201, location: true })
}

/** PATCH /module/{moduleName}/{id}, PATCH /module */
export async function updateRecord(call: Call): Promise<Answer> {
  allowParameters(call, 'fields', 'include')
  const given = givenOf(call, { module: namedModule(call), id: call.route.get('id') })
  const { module, input } = given
  const id = call.route.get('id') ?? given.id
  if (id === undefined) throw problem('BAD_REQUEST', 'The id is missing', { pointer: '/data/id' })
  const wanted = wantedOf(call.catalog, call.shapeOf, module, call.query)
  const selection = call.isRehearsal ? 'id' : selectionText(wanted)
  const version = await expectedVersion(call, module, id)
  const operation = operations.update(call.catalog, module, selection)
  const { r } = await ifUnchanged(module, id, () => run(call, operation, { id, input, version }))
  if (!isNode(r)) throw noRecord(module, id)
  return call.isRehearsal ? rehearsedAnswer() : recordAnswer(call, r, wanted)
}

/** DELETE /module/{moduleName}/{id} */
export async function deleteRecord(call: Call): Promise<Answer> {
  allowParameters(call)
  const [module, id] = [moduleOf(call), idOf(call)]
  const version = await expectedVersion(call, module, id)
  await ifUnchanged(module, id, () => run(call, operations.remove(call.catalog, module), { id, version }))
  return call.isRehearsal ? rehearsedAnswer() : emptyAnswer()
}

/** The module of the path, where it names one. */
const namedModule = (call: Call) => (call.route.has('moduleName') ? moduleOf(call) : undefined)
