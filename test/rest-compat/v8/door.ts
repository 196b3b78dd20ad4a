import { buildSubgraphSchema } from '@apollo/subgraph'
import { Ajv } from 'ajv'
import { parse, validate } from 'graphql'
import { expect } from 'vitest'
import type { RestContext } from '../../../rest-compat/context.ts'
import type { ExecuteResult, Operation } from '../../../rest-compat/operation.ts'
import type { Answer } from '../../../rest-compat/v8/answer.ts'
import { createV8Door } from '../../../rest-compat/v8/door.ts'
import { accessBy, fullAccess, type Rule } from '../../../schema/access.ts'
import { coreCatalog } from '../../../schema/catalog.ts'
import type { ErrorCode } from '../../../schema/errors.ts'
import { defaultDateStyle, type Principal } from '../../../schema/principal.ts'
import { crmSdl } from '../../../subgraphs/crm/sdl.ts'

type Variables = Readonly<Record<string, unknown>>
export type Asked = { readonly name: string; readonly text: string; readonly variables: Variables }
export type Graph = (asked: Asked) => ExecuteResult

/** What other subgraphs have to offer beside the crm's. */
const others = parse(/* GraphQL */ `
  extend type Query {
    userPreferences(userId: ID!): JSON
    moduleAccess(module: String!): ModuleAccess
  }
  type ModuleAccess {
    access: Boolean!
  }
`)
const graph = buildSubgraphSchema([{ typeDefs: parse(crmSdl(coreCatalog)) }, { typeDefs: others }])
const door = await createV8Door(coreCatalog)

export const openApi = door.openApi

const admin: Principal = {
  ...{ kind: 'user', userId: '1', userName: 'admin', isAdmin: true, scopes: 'all', dateStyle: defaultDateStyle },
}

export type Ask = {
  readonly query?: string
  readonly body?: unknown
  readonly type?: string
  readonly accept?: string
}

/**
 * The door before a graph that answers what the test says. Operations must be valid against the real graph's schema,
 * and answers against the OpenAPI document.
 */
export function before(answer: Graph, principal: Partial<Principal> = {}, rules: readonly Rule[] = []) {
  const asked: Asked[] = []
  const context: RestContext = {
    catalog: coreCatalog,
    principal: { ...admin, ...principal },
    now: () => new Date('2030-01-01T12:00:00Z'),
    requestId: 'test',
    log: () => undefined,
    atomically: () => Promise.reject(new Error('8.0 has no operations')),
    accessOf: ({ userId, isAdmin }) => Promise.resolve(isAdmin ? fullAccess : accessBy(userId, rules)),
    execute(operation: Operation, variables) {
      expect(validate(graph, parse(operation.text)), operation.text).toEqual([])
      asked.push({ ...operation, variables })
      return Promise.resolve(answer({ ...operation, variables }))
    },
  }
  const ask = async (method: string, path: string, { query = '', body, type, accept = '*/*' }: Ask = {}) => {
    const [bytes, mediaType] = bytesOf(body)
    const answer = await door.handle({
      ...{ method, base: '/Api/V8', path, rawQuery: query, body: bytes, context },
      ...{ requestId: 'test', requiresIfMatch: false, operationsMax: 100 },
      headers: { accept, 'content-type': type ?? mediaType },
      refuse: () => unauthenticated,
      logout: () => Promise.resolve(),
    })
    const given = { ...answer, body: textOf(answer) }
    if (method !== 'HEAD') expectDescribed(method, path, given)
    return { ...given, json: () => JSON.parse(given.body) as Record<string, unknown> }
  }
  return { ask, asked }
}

const unauthenticated: Answer = {
  status: 401,
  headers: { 'content-type': 'application/json' },
  body: '{"error":"access_denied","error_description":"No","message":"No"}',
}

/** A request that nobody is signed in for. */
export const askAsNobody = (method: string, path: string) =>
  door.handle({
    ...{ method, base: '/Api/V8', path, rawQuery: '', headers: {}, body: Buffer.alloc(0), context: undefined },
    ...{ requestId: 'test', requiresIfMatch: false, operationsMax: 100 },
    refuse: () => unauthenticated,
    logout: () => Promise.resolve(),
  })

function bytesOf(body: unknown): [Buffer, string] {
  if (body === undefined) return [Buffer.alloc(0), '']
  if (typeof body === 'string') return [Buffer.from(body), 'application/x-www-form-urlencoded']
  if (Buffer.isBuffer(body)) return [body, 'application/vnd.api+json']
  return [Buffer.from(JSON.stringify(body)), 'application/vnd.api+json']
}

export const failing = (code: ErrorCode, details: Variables = {}): ExecuteResult => ({
  data: null,
  errors: [{ message: `refused: ${code}`, extensions: { code, ...details } }],
})

/** An account as the graph answers it. */
export const anAccount = (values: Variables = {}): Variables => ({
  ...{ id: 'aaaaaaaa-0000-4000-8000-00000000000a', name: 'Acme', deleted: false, employees: null },
  ...{ date_entered: '2030-01-02T03:04:05Z', date_modified: '2030-01-02T03:04:05Z' },
  ...values,
})

/** An answer's body in one piece. */
const textOf = ({ body }: Answer) => (typeof body === 'string' ? body : body.join(''))

/** The attributes of the one record that a document holds. */
export const attributesOf = (answer: Answer) =>
  (JSON.parse(textOf(answer)) as { data: { attributes: Record<string, unknown> } }).data.attributes

export const detailOf = (answer: Answer) => (JSON.parse(textOf(answer)) as { errors: { detail: string } }).errors.detail

// ------------------------------------------------------------------------------------------------ the document

type Operations = Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>
type Response = { readonly content: Readonly<Record<string, { readonly schema: object }>> }

const ajv = new Ajv({ strict: false, logger: false })
const document = JSON.parse(
  JSON.stringify(openApi, (key, value: unknown) => (key === 'example' ? undefined : value)).replaceAll(
    '#/components/',
    'v8#/components/',
  ),
) as typeof openApi
ajv.addSchema({ $id: 'v8', ...document })

/** Every answer of a documented operation is as its document says. */
function expectDescribed(
  method: string,
  path: string,
  { status, headers, body }: Omit<Answer, 'body'> & { readonly body: string },
) {
  if (status === 404 || status === 405 || method === 'OPTIONS') return
  const found = Object.keys(document.paths).find(pattern =>
    new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
  const operations = document.paths[found ?? ''] as Operations | undefined
  const content = operations?.[method.toLowerCase()]?.responses[status]?.content
  const schema = content?.[headers['content-type'] ?? '']?.schema
  expect(schema, `${method} ${path} answers ${status}, which is not described`).toBeDefined()
  const check = ajv.compile(schema ?? {})
  expect(check(JSON.parse(body)), `${body.slice(0, 200)} ${ajv.errorsText(check.errors)}`).toBe(true)
}
