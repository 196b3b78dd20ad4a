import { isMany } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import type { Call } from './call.ts'
import { problem, refuseFaults, type Fault } from './problem.ts'
import type { Shape } from './shape.ts'

/** An input of the graph. */
export type Input = Readonly<Record<string, unknown>>

/** A record as a client sent it. */
export type Given = { readonly module: Module; readonly id: string | undefined; readonly input: Input }

type Members = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads the resource of a body.
 *
 * @param named  the module and id of the path, which the body must not contradict
 * @throws Problem  everything that is wrong with attributes and relationships at once
 */
export function givenOf({ body, catalog, shapeOf }: Call, named: { module?: Module; id?: string }): Given {
  const data = isObject(body) ? body['data'] : undefined
  if (!isObject(data))
    throw problem('BAD_REQUEST', 'Send {"data": {"type": ..., "attributes": {...}}}', { pointer: '/data' })
  const { type, id, attributes = {}, relationships = {} } = data
  const module = typeof type === 'string' ? catalog.byAlias.get(type) : named.module
  if (type !== undefined && typeof type !== 'string')
    throw problem('BAD_REQUEST', 'The type is text', { pointer: '/data/type' })
  if (!module) {
    if (type === undefined) throw problem('BAD_REQUEST', 'The type is missing', { pointer: '/data/type' })
    throw problem('NOT_FOUND', `There is no module ${type}`, { pointer: '/data/type' })
  }
  if (named.module && module !== named.module)
    throw problem('CONFLICT', `The address is for ${named.module.name}`, { pointer: '/data/type' })
  if (id !== undefined && typeof id !== 'string')
    throw problem('BAD_REQUEST', 'The id is text', { pointer: '/data/id' })
  if (id !== undefined && named.id !== undefined && id !== named.id)
    throw problem('CONFLICT', `The address is for ${named.id}`, { pointer: '/data/id' })
  if (!isObject(attributes)) throw problem('BAD_REQUEST', 'Attributes are an object', { pointer: '/data/attributes' })
  if (!isObject(relationships))
    throw problem('BAD_REQUEST', 'Relationships are an object', { pointer: '/data/relationships' })
  const shape = shapeOf(module)
  const faults: Fault[] = []
  const input = {
    ...inputOfAttributes(shape, attributes, faults),
    ...inputOfRelationships(shape, relationships, faults),
  }
  refuseFaults(faults)
  return { module, id, input }
}

function inputOfAttributes({ module, attributes, inputs }: Shape, given: Members, faults: Fault[]): Input {
  const input: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const source = { pointer: `/data/attributes/${escaped(name)}` }
    const adapter = inputs.get(name)
    if (!adapter) {
      const why = attributes.has(name) ? 'cannot be given' : 'does not exist'
      faults.push({ code: 'INVALID', detail: `${module.name}.${name} ${why}`, source })
      continue
    }
    const read = adapter.down(value)
    if (read === undefined)
      faults.push({ code: 'INVALID', detail: `${module.name}.${name}: expected ${adapter.expected}`, source })
    else input[name] = read
  }
  return input
}

/** A link to one record is a column of ours, so it is set with the record; others have addresses of their own. */
function inputOfRelationships({ module, links }: Shape, given: Members, faults: Fault[]): Input {
  const input: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const pointer = `/data/relationships/${escaped(name)}`
    const link = links.get(name)
    if (!link) {
      faults.push({ code: 'INVALID', detail: `${module.name} has no relationship ${name}`, source: { pointer } })
      continue
    }
    if (isMany(link) || link.via.kind !== 'here') {
      const detail = `Change ${name} at its own address, .../relationships/${name}`
      faults.push({ code: 'FORBIDDEN', detail, source: { pointer } })
      continue
    }
    const data = isObject(value) ? value['data'] : undefined
    const id = data === null ? null : identifierOf(data, link.target)
    if (id === undefined) {
      const detail = `Expected {"data": {"type": "${link.target.name}", "id": ...}} or {"data": null}`
      faults.push({ code: 'INVALID', detail, source: { pointer: `${pointer}/data` } })
      continue
    }
    input[link.via.column] = id
    if (link.via.role && id !== null) input[link.via.role.column] = link.via.role.value
  }
  return input
}

/** The id that a resource identifier names, when it is of that module. */
export const identifierOf = (value: unknown, target: Module): string | undefined =>
  isObject(value) &&
  typeof value['id'] === 'string' &&
  (value['type'] === target.name || value['type'] === target.objectName || value['type'] === target.beanClass)
    ? value['id']
    : undefined

/** The ids of the linkage in a body: a list for a link to many, else one or null. @throws Problem */
export function linkageOf({ body }: Call, target: Module): readonly string[] | null {
  const data = isObject(body) ? body['data'] : undefined
  if (data === null) return null
  const all = (Array.isArray(data) ? data : [data]).map((each: unknown) => identifierOf(each, target))
  const wrong = all.findIndex(id => id === undefined)
  if (wrong >= 0)
    throw problem('INVALID', `Expected {"type": "${target.name}", "id": ...}`, {
      pointer: Array.isArray(data) ? `/data/${wrong}` : '/data',
    })
  return all.flatMap(id => id ?? [])
}

/** As it stands in a JSON pointer. */
const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')
