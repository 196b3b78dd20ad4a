import type { Answer } from '../v8/answer.ts'
import { isArray, type PhpValue } from '../v8/php-array.ts'
import { isNode, type Node } from '../v8/record.ts'
import { readRows, type RowFormat } from '../rows.ts'
import { allowParameters, idOf, moduleOf, type Call } from './call.ts'
import { corsHeaders } from './cors.ts'
import { documentAnswer, rehearsedAnswer } from './document.ts'
import { rangeOf } from './media.ts'
import { nodesOf } from './nodes.ts'
import * as operations from './operations.ts'
import { badParameter, problem, refuseFaults, type Fault } from './problem.ts'
import { run } from './run.ts'

/** The media types of rows. */
export const rowTypes = ['application/json', 'application/x-ndjson', 'text/csv'] as const

const formats: Readonly<Record<string, RowFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
}

/** POST /bulk/{moduleName}: many records are made or changed after the answer. */
export async function startBulk(call: Call): Promise<Answer> {
  allowParameters(call, 'match', 'system', 'validation')
  const module = moduleOf(call)
  const variables = {
    module: module.name,
    rows: rowsOf(call),
    matchBy: oneOf(call, 'match') ?? 'id',
    system: oneOf(call, 'system'),
    validation: validationOf(oneOf(call, 'validation')),
  }
  const { r } = await run(call, operations.startBulk(call.catalog), variables)
  if (call.isRehearsal) return rehearsedAnswer()
  return jobAnswer(call, r, { status: 202, withLocation: true })
}

/** POST /exports: records are written into a file after the answer. */
export async function startExport(call: Call): Promise<Answer> {
  allowParameters(call)
  const { r } = await run(call, operations.startExport(call.catalog), exportOf(call))
  return call.isRehearsal ? rehearsedAnswer() : jobAnswer(call, r, { status: 202, withLocation: true })
}

/** GET /jobs/{id} */
export async function readJob(call: Call): Promise<Answer> {
  allowParameters(call)
  const { r } = await run(call, operations.readJob(call.catalog), { id: idOf(call) })
  return jobAnswer(call, r)
}

/** GET /jobs */
export async function listJobs(call: Call): Promise<Answer> {
  allowParameters(call)
  const { r } = await run(call, operations.listJobs(call.catalog), { first: 100 })
  const jobs = Array.isArray(r) ? r.filter(isNode) : []
  return documentAnswer({ data: `[${jobs.map(job => JSON.stringify(resourceOf(call, job))).join()}]` })
}

/** DELETE /jobs/{id}: ends it; what it has written stays. */
export async function cancelJob(call: Call): Promise<Answer> {
  allowParameters(call)
  const { r } = await run(call, operations.cancelJob(call.catalog), { id: idOf(call) })
  return call.isRehearsal ? rehearsedAnswer() : jobAnswer(call, r)
}

const resultsAtOnce = 1_000
const outcomes = new Set(['CREATED', 'UPDATED', 'UNCHANGED', 'FAILED'])

/** GET /jobs/{id}/results: an object on each line; `Link` leads to those that follow. */
export async function readJobResults(call: Call): Promise<Answer> {
  allowParameters(call, 'outcome', 'after')
  const after = oneOf(call, 'after') ?? '0'
  const outcome = oneOf(call, 'outcome')?.toUpperCase()
  if (!/^\d{1,9}$/.test(after)) throw badParameter('after', 'Expected the number of a row')
  if (outcome !== undefined && !outcomes.has(outcome))
    throw badParameter('outcome', `Expected one of ${[...outcomes].join(', ').toLowerCase()}`)
  const variables = { id: idOf(call), first: resultsAtOnce, after: Number(after), outcome }
  const { r } = await run(call, operations.readJobResults(call.catalog), variables)
  const page = isNode(r) && isNode(r['results']) ? r['results'] : {}
  const query = `${outcome === undefined ? '' : `outcome=${outcome.toLowerCase()}&`}after=${Number(page['endCursor'])}`
  return {
    status: 200,
    headers: {
      ...corsHeaders,
      'content-type': 'application/x-ndjson',
      'cache-control': 'private, no-cache',
      ...(page['hasNextPage'] === true && { link: `<${call.base}${call.path}?${query}>; rel="next"` }),
    },
    body: nodesOf(page).map(result => `${JSON.stringify(result)}\n`),
  }
}

function jobAnswer(call: Call, job: unknown, { status = 200, withLocation = false } = {}): Answer {
  if (!isNode(job)) throw problem('NOT_FOUND', `There is no job ${idOf(call)}`)
  const resource = resourceOf(call, job)
  const { self } = resource.links
  return documentAnswer(
    { data: JSON.stringify(resource), links: { self } },
    { status, location: withLocation ? self : undefined },
  )
}

function resourceOf({ base }: Call, { id, file, ...attributes }: Node) {
  const self = `${base}/jobs/${encodeURIComponent(String(id))}`
  const isExport = attributes['kind'] === 'EXPORT'
  const more = isExport ? { file: typeof file === 'string' ? file : null } : { results: `${self}/results` }
  return { type: 'jobs', id, attributes, links: { self, ...more } }
}

const isText = (value: unknown) => typeof value === 'string'
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText)

/** What may stand in an export, and what each takes. */
const exportMembers: Readonly<Record<string, readonly [fits: (value: unknown) => boolean, expected: string]>> = {
  module: [isText, 'the name of a module'],
  fields: [isTexts, 'a list of names'],
  filter: [isNode, 'an object'],
  sort: [isTexts, 'a list of names'],
  format: [value => value === 'csv' || value === 'ndjson', 'csv or ndjson'],
  formulaGuard: [value => typeof value === 'boolean', 'true or false'],
  byteOrderMark: [value => typeof value === 'boolean', 'true or false'],
}

/** @throws Problem  with everything that is wrong with the body */
function exportOf({ body }: Call) {
  const data = isNode(body) ? body['data'] : undefined
  const attributes = isNode(data) && data['type'] === 'exports' ? data['attributes'] : undefined
  if (!isNode(attributes) || attributes['module'] === undefined)
    throw problem('BAD_REQUEST', 'Send {"data": {"type": "exports", "attributes": {"module": ...}}}', {
      pointer: '/data',
    })
  const faults = Object.entries(attributes).flatMap(([name, value]): Fault[] => {
    const [fits, expected] = exportMembers[name] ?? []
    if (fits?.(value)) return []
    const detail = expected ? `${name}: expected ${expected}` : `An export has no ${name}`
    return [{ code: 'INVALID', detail, source: { pointer: `/data/attributes/${name}` } }]
  })
  refuseFaults(faults)
  const { format = 'ndjson', ...variables } = attributes
  return { ...variables, format: String(format).toUpperCase() }
}

/** @throws Problem  BAD_REQUEST: the rows cannot be read */
function rowsOf({ sent, catalog, ...call }: Call): readonly unknown[] {
  const format = formats[rangeOf(sent.contentType).type] ?? 'json'
  try {
    return readRows(catalog, moduleOf({ catalog, ...call, sent }), format, utf8.decode(sent.bytes))
  } catch (error) {
    if (error instanceof SyntaxError) throw problem('BAD_REQUEST', error.message)
    if (error instanceof TypeError) throw problem('BAD_REQUEST', 'The body is not UTF-8')
    throw error
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function oneOf({ query }: Call, name: string): string | undefined {
  const value: PhpValue | undefined = query.get(name)
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw badParameter(name, isArray(value) ? 'Give one value' : 'Give a value')
}

function validationOf(given: string | undefined) {
  if (given === undefined || given === 'strict') return 'STRICT'
  if (given === 'lenient') return 'LENIENT'
  throw badParameter('validation', 'Expected strict or lenient')
}
