import { randomUUID } from 'node:crypto'
import { HouseError } from '../../schema/errors.ts'
import type { Whole } from '../context.ts'
import type { Answer } from '../v8/answer.ts'
import { allowParameters, type Call, type Handle } from './call.ts'
import { documentAnswer, emptyAnswer, rehearsedAnswer } from './document.ts'
import { atomicType } from './media.ts'
import { Problem, problem, type Fault } from './problem.ts'
import { readRecord } from './read.ts'
import { addToLink, setLink, takeFromLink } from './relationships.ts'
import { createRecord, deleteRecord, updateRecord } from './save.ts'

type Members = Readonly<Record<string, unknown>>

/** One operation of a list: the request that it would be by itself. */
type Step = { readonly handle: Handle; readonly call: Partial<Call>; readonly type: string }

/** A record that an operation answers; null where it answers none. */
type Reference = { readonly type: string; readonly id: string } | null

/** What an operation came to. One whose own key was used before has done nothing this time. */
type Outcome = { readonly reference: Reference; readonly isRepeat: boolean }

/**
 * POST /operations: several changes that are all stored, or none.
 *
 * Each operation is what the request for it alone would be, in the same transaction as the others: the same checks,
 * rights and costs. A repeat under an Idempotency-Key whose answer was lost reads anew what was written then, and so does
 * an operation whose own `meta.idempotencyKey` was used before.
 *
 * @see https://jsonapi.org/ext/atomic/ read 2026-11
 */
export async function runOperations(call: Call): Promise<Answer> {
  allowParameters(call)
  const list = listOf(call)
  const answered: unknown[] = []
  const { value: outcomes, isRepeat } = await call.context.atomically(async whole => {
    answered.length = 0
    const ids = idsFor(list)
    const outcomes: Outcome[] = []
    for (const [at, operation] of list.entries()) {
      const outcome = await atPlace(at, () => perform(call, whole, { operation, at, ids, answered }))
      outcomes.push(outcome)
      const lid = outcome.isRepeat && lidMade(operation)
      if (lid && outcome.reference) ids.set(lid, outcome.reference.id)
    }
    return outcomes
  }, call.isRehearsal)
  if (call.isRehearsal) return rehearsedAnswer(atomicType)
  const results = await Promise.all(
    outcomes.map(async ({ reference, isRepeat: isPartRepeat }, at) => {
      const data = isRepeat || isPartRepeat ? await readAgain(call, reference) : answered[at]
      return { ...(data === undefined ? {} : { data }), ...(isPartRepeat && { meta: { replayed: true } }) }
    }),
  )
  if (results.every(result => Object.keys(result).length === 0)) return emptyAnswer()
  return documentAnswer({ results }, { type: atomicType })
}

type Place = {
  readonly operation: unknown
  readonly at: number
  readonly ids: ReadonlyMap<string, string>
  /** What operations answered, by their place. */
  readonly answered: unknown[]
}

async function perform(
  call: Call,
  { context, once }: Whole,
  { operation, at, ids, answered }: Place,
): Promise<Outcome> {
  const step = stepOf(withIds(operation, ids), name => call.catalog.byAlias.get(name)?.name)
  const work = async (): Promise<Reference> => {
    const data = dataOf(await step.handle({ ...call, ...empty, ...step.call, context }))
    answered[at] = data
    return isObject(data) ? { type: step.type, id: String(data['id']) } : null
  }
  const key = keyOf(operation)
  if (key === undefined) return { reference: await work(), isRepeat: false }
  const { value, isRepeat } = await once(key, operation, work)
  return { reference: value, isRepeat }
}

/** What goes wrong with an operation is told with its place in the list. */
async function atPlace<T>(at: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof HouseError) {
      const { code, message: detail, details: meta } = error
      throw new Problem([placed({ code, detail, meta }, at)])
    }
    if (!(error instanceof Problem)) throw error
    const [first, ...rest] = error.faults
    throw new Problem([placed(first, at), ...rest.map(fault => placed(fault, at))], error.headers)
  }
}

/** What belongs to the request as a whole is not an operation's. */
const empty = { query: new Map(), rawQuery: '', ifMatch: undefined }

/** The `data` of a document; undefined for an answer without one. */
function dataOf({ status, body }: Answer): unknown {
  if (status === 204) return undefined
  const document: unknown = JSON.parse(typeof body === 'string' ? body : body.join(''))
  return isObject(document) ? document['data'] : undefined
}

async function readAgain(call: Call, reference: Reference): Promise<unknown> {
  if (!reference) return undefined
  const { type, id } = reference
  const route = new Map([
    ['moduleName', type],
    ['id', id],
  ])
  // Deleted since, or out of reach by now.
  return readRecord({ ...call, ...empty, route }).then(dataOf, () => null)
}

/** A fault of an operation, with its place in the list. */
function placed(fault: Fault, at: number): Fault {
  const place = `/atomic:operations/${at}`
  const { source } = fault
  if (source && 'pointer' in source) return { ...fault, source: { pointer: `${place}${source.pointer}` } }
  if (source && 'header' in source) return { ...fault, source: { pointer: `${place}/meta/version` } }
  return { ...fault, source: { pointer: place } }
}

/** @throws Problem  the body is no list of operations, or has too many */
function listOf({ body, operationsMax }: Call): readonly unknown[] {
  const list = isObject(body) ? body['atomic:operations'] : undefined
  const source = { pointer: '/atomic:operations' }
  if (!Array.isArray(list) || list.length === 0)
    throw problem('BAD_REQUEST', 'Send {"atomic:operations": [{"op": ..., ...}]}', source)
  if (list.length > operationsMax)
    throw problem('TOO_LARGE', `There may be ${operationsMax} operations at once`, source)
  return list
}

/** @throws Problem  it is no operation; pointers are from the operation on */
function stepOf(operation: unknown, typeNamed: (name: string) => string | undefined): Step {
  const bad = (why: string, pointer = '') => problem('BAD_REQUEST', why, { pointer })
  if (!isObject(operation)) throw bad('An operation is an object')
  const { op, ref, href, data, meta } = operation
  if (op !== 'add' && op !== 'update' && op !== 'remove') throw bad('op is add, update or remove', '/op')
  if (href !== undefined) throw bad('Name the target by ref', '/href')
  if (ref !== undefined && !isObject(ref)) throw bad('ref is an object', '/ref')
  const target = ref ?? (isObject(data) ? data : undefined)
  const { type: name, id, relationship } = target ?? {}
  const below = ref ? '/ref' : '/data'
  const type = typeof name === 'string' ? typeNamed(name) : undefined
  if (type === undefined) throw problem('NOT_FOUND', `There is no module ${String(name)}`, { pointer: `${below}/type` })
  const isAddition = op === 'add' && ref === undefined
  if (!isAddition && typeof id !== 'string')
    throw bad('Name the record by its id, or by the lid of one above', `${below}/id`)
  const linkName = ref ? relationship : undefined
  if (linkName !== undefined && typeof linkName !== 'string') throw bad('relationship is a name', '/ref/relationship')
  if (op === 'add' && ref && linkName === undefined) throw bad('What is added to needs a relationship', '/ref')
  const route = new Map([
    ['moduleName', type],
    ...(isAddition ? [] : ([['id', String(id)]] as const)),
    ...(linkName === undefined ? [] : ([['linkFieldName', linkName]] as const)),
  ])
  const path = `/module/${type}/${encodeURIComponent(String(id))}${linkName === undefined ? '' : `/relationships/${linkName}`}`
  const handle = (linkName === undefined ? ofRecords : ofLinks)[op]
  return { handle, type, call: { route, path, body: { data }, ifMatch: versionIn(meta) } }
}

/**
 * The key of an operation of its own.
 *
 * @throws Problem  it is none
 */
function keyOf(operation: unknown): string | undefined {
  const meta = isObject(operation) ? operation['meta'] : undefined
  const key = isObject(meta) ? meta['idempotencyKey'] : undefined
  if (key === undefined || (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key))) return key
  throw problem('BAD_REQUEST', 'An idempotencyKey has 1 to 255 visible ASCII characters', {
    pointer: '/meta/idempotencyKey',
  })
}

const ofRecords = { add: createRecord, update: updateRecord, remove: deleteRecord } as const satisfies Record<
  string,
  Handle
>
const ofLinks = { add: addToLink, update: setLink, remove: takeFromLink } as const satisfies Record<string, Handle>

/** `If-Match` of an operation: the version that its resource was read with. */
const versionIn = (meta: unknown) =>
  isObject(meta) && Number.isInteger(meta['version']) ? `"${Number(meta['version'])}"` : undefined

/** The ids of the records that operations will make, by type and `lid`. */
function idsFor(list: readonly unknown[]): Map<string, string> {
  return new Map(
    list.flatMap(operation => {
      const key = lidMade(operation)
      return key === undefined ? [] : [[key, givenId(operation) ?? randomUUID()] as const]
    }),
  )
}

/** The type and `lid` of the record that an operation makes. */
function lidMade(operation: unknown): string | undefined {
  const data = isObject(operation) && operation['op'] === 'add' && !operation['ref'] ? operation['data'] : undefined
  return isObject(data) && typeof data['lid'] === 'string' ? lidKey(data) : undefined
}

function givenId(operation: unknown): string | undefined {
  const data = isObject(operation) ? operation['data'] : undefined
  return isObject(data) && typeof data['id'] === 'string' ? data['id'] : undefined
}

const lidKey = ({ type, lid }: Members) => `${String(type)} ${String(lid)}`

/** The same with ids in place of `lid`s, wherever a record is named. One that names nothing stays. */
function withIds(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map(each => withIds(each, ids))
  if (!isObject(value)) return value
  const { lid, ...members } = Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, name === 'attributes' ? each : withIds(each, ids)]),
  )
  const id = typeof lid === 'string' ? ids.get(lidKey(value)) : undefined
  if (id === undefined) return lid === undefined ? members : { ...members, lid }
  return { ...members, id: members['id'] ?? id }
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
