import { buildSubgraphSchema } from '@apollo/subgraph'
import { Ajv } from 'ajv'
import { parse, validate } from 'graphql'
import { expect } from 'vitest'
import type { RestContext } from '../../../rest-compat/context.ts'
import type { ExecuteResult, Operation } from '../../../rest-compat/operation.ts'
import type { LegacyDoor, LegacyVersion } from '../../../rest-compat/v4_1/call.ts'
import { answerLegacy, type LegacyAnswer, type LegacyRequest } from '../../../rest-compat/v4_1/door.ts'
import { createMethodRoutes } from '../../../rest-compat/v4_1/method-routes.ts'
import type { Session, Sessions } from '../../../rest-compat/v4_1/session.ts'
import { accessBy, fullAccess, type Rule } from '../../../schema/access.ts'
import { coreCatalog, type Catalog } from '../../../schema/catalog.ts'
import type { ErrorCode } from '../../../schema/errors.ts'
import { defaultDateStyle, type Principal } from '../../../schema/principal.ts'
import { crmSdl } from '../../../subgraphs/crm/sdl.ts'

type Values = Readonly<Record<string, unknown>>
export type Asked = { readonly name: string; readonly text: string; readonly variables: Values }
/** What the graph answers; an exception stands for a graph that breaks. */
export type Graph = (asked: Asked) => ExecuteResult

/** What the identity subgraph has to offer beside the crm's. */
const others = parse(/* GraphQL */ `
  extend type Query {
    myAccess: [Access!]!
  }
  type Access {
    module: String!
    actions: [ActionAccess!]!
  }
  type ActionAccess {
    action: String!
    level: String!
  }
`)
const graphOf = (catalog: Catalog) => buildSubgraphSchema([{ typeDefs: parse(crmSdl(catalog)) }, { typeDefs: others }])
const coreGraph = graphOf(coreCatalog)

export const routes = await createMethodRoutes(coreCatalog)
export const openApi = JSON.parse(routes.openApi) as {
  readonly paths: Readonly<Record<string, Readonly<Record<'post', object>>>>
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties: object }>> }
}

export const sessionId = 'abcdefghij0123456789abcdef'

const admin: Principal = {
  ...{ kind: 'user', userId: '1', userName: 'admin', isAdmin: true, scopes: 'all', dateStyle: defaultDateStyle },
}

type Setting = {
  readonly principal?: Partial<Principal>
  readonly sessions?: Partial<Sessions>
  readonly catalog?: Catalog
  /** What the principal's roles say, where it is no administrator. */
  readonly rules?: readonly Rule[]
}
type Options = { readonly version?: LegacyVersion; readonly ip?: string }

/**
 * The door before a graph that answers what the test says. Operations must be valid against the real graph's schema,
 * and answers of v4.1 against the OpenAPI document.
 */
export function before(
  answer: Graph,
  { principal = {}, sessions = {}, catalog = coreCatalog, rules = [] }: Setting = {},
) {
  const asked: Asked[] = []
  const logged: Values[] = []
  const reported: unknown[] = []
  const graph = catalog === coreCatalog ? coreGraph : graphOf(catalog)
  const session: Session = { id: sessionId, principal: { ...admin, ...principal }, preferences: {} }
  const now = () => new Date('2030-01-01T12:00:00Z')
  const context = (actor: Principal): RestContext => ({
    ...{ catalog, principal: actor, now, requestId: 'test' },
    log: fields => logged.push(fields),
    atomically: () => Promise.reject(new Error('v4.1 has no operations')),
    accessOf: ({ userId, isAdmin }) => Promise.resolve(isAdmin ? fullAccess : accessBy(userId, rules)),
    execute(operation: Operation, variables) {
      expect(validate(graph, parse(operation.text)), operation.text).toEqual([])
      asked.push({ ...operation, variables })
      return Promise.resolve(answer({ ...operation, variables }))
    },
  })
  const door: LegacyDoor = {
    sessions: {
      open: () => Promise.resolve(session),
      find: id => Promise.resolve(id === sessionId ? session : undefined),
      close: () => Promise.resolve(),
      ...sessions,
    },
    now,
    context,
    report: error => reported.push(error),
    refused: () => undefined,
  }

  const send = (request: Partial<LegacyRequest>) =>
    answerLegacy(door, {
      ...{ version: 'v4_1', method: 'POST', query: new Map(), form: new Map(), ip: '192.0.2.1' },
      ...request,
    })

  /** The answer of a method to positional arguments. */
  const call = async (method: string, args: unknown = [], { version = 'v4_1', ip = '192.0.2.1' }: Options = {}) => {
    const answered = await send({ version, ip, form: envelope(method, args) })
    const value: unknown = JSON.parse(answered.body)
    if (version === 'v4_1' && routes.methods.includes(method)) expectDescribed(method, answered, value)
    return value
  }

  /** The same in the session. */
  const ask = (method: string, ...args: readonly unknown[]) => call(method, [sessionId, ...args])

  return { door, send, call, ask, asked, logged, reported }
}

export const envelope = (method: string, restData: unknown, more: Readonly<Record<string, string>> = {}) =>
  new Map(
    Object.entries({
      ...{ method, input_type: 'JSON', response_type: 'JSON' },
      rest_data: typeof restData === 'string' ? restData : JSON.stringify(restData),
      ...more,
    }),
  )

export const failing = (code: ErrorCode): ExecuteResult => ({
  data: null,
  errors: [{ message: `refused: ${code}`, extensions: { code } }],
})

/** A page of records as the graph answers it. */
export const page = (nodes: readonly Values[], totalCount = nodes.length): ExecuteResult => ({
  data: { list: { nodes, totalCount } },
})

/** name_value_list as an object of plain values. */
export const valuesOf = (list: unknown): Values =>
  Object.fromEntries(
    Object.entries(list as Record<string, { name: string; value: unknown }>).map(([key, { name, value }]) => {
      expect(name).toBe(key)
      return [key, value]
    }),
  )

export const noAccess = { name: 'Access Denied', number: 40, description: 'You do not have access' }

// ------------------------------------------------------------------------------------------------ the document

const ajv = new Ajv({ strict: false, logger: false })
ajv.addSchema({
  $id: 'v41',
  ...(JSON.parse(routes.openApi.replaceAll('"#/components/', '"v41#/components/')) as object),
})

const pathOf = (method: string) => `v41#/paths/~1${method}/post`

/** Is it what the document says of the method? */
function expectDescribed(method: string, { status, body }: LegacyAnswer, value: unknown) {
  expectValid(`${pathOf(method)}/responses/${status}/content/application~1json/schema`, value, body)
}

/** Is it a body that the document says the method takes? */
export const expectTaken = (method: string, value: unknown) =>
  expectValid(`${pathOf(method)}/requestBody/content/application~1json/schema`, value, method)

function expectValid(schema: string, value: unknown, about: string) {
  const check = ajv.getSchema(schema)
  expect(check?.(value), `${schema} ${about.slice(0, 300)} ${ajv.errorsText(check?.errors)}`).toBe(true)
}
