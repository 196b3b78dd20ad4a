import type { Catalog } from '../../schema/catalog.ts'
import type { OpenApiDocument } from '../v8/openapi.ts'
import { keyParameter, oauth2, parameterOf, pathsOf, responseOf } from '../v8/openapi-operations.ts'
import type { SofaOperation, SofaPaths } from '../v8/sofa.ts'
import { documentExamples } from './examples.ts'
import { mediaType, problemTypes } from './problem.ts'
import type { Route } from './routes.ts'
import { documentSchemas, reference, type JsonSchema } from './schemas.ts'
import type { ShapeOf } from './shape.ts'

/** The OpenAPI document of version 8.1: Sofa's endpoints, with what Sofa cannot know. */
export function openApiDocument(
  catalog: Catalog,
  shapeOf: ShapeOf,
  routes: readonly Route[],
  sofa: SofaPaths,
): OpenApiDocument {
  const examples = documentExamples(catalog, shapeOf)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Switchyard REST V8, version 8.1',
      version: '8.1',
      description: [
        'Records of a CRM by JSON:API 1.1: typed values, status codes that say what happened, cursor pages, compound',
        'documents. Ask for it by `API-Version: 8.1`, or have your API client pinned to it.',
      ].join(' '),
      license: { name: 'MIT', url: 'https://opensource.org/licenses/MIT' },
    },
    servers: [{ url: '/Api/V8' }],
    tags: [
      { name: 'Records', description: 'Read, make, change and delete records.' },
      { name: 'Relationships', description: 'What records are related to.' },
      { name: 'Operations', description: 'Several changes at once.' },
      { name: 'Jobs', description: 'Work that goes on after its request was answered.' },
      { name: 'Meta', description: 'What modules and fields there are.' },
      { name: 'Users', description: 'The acting user.' },
      { name: 'Session', description: 'The end of a token.' },
    ],
    security: [{ oauth2: [] }],
    paths: pathsOf(routes, sofa, (route, operation) => operationOf(route, operation, examples)),
    components: {
      schemas: documentSchemas(catalog, shapeOf),
      parameters: headerParameters,
      headers: answerHeaders,
      securitySchemes: { oauth2: oauth2(routes, 'A bearer token of `POST /Api/access_token`.') },
    },
  }
}

const headerParameters: Readonly<Record<string, JsonSchema>> = {
  ApiVersion: {
    name: 'API-Version',
    in: 'header',
    description: 'The version to be answered by. API clients that are pinned to one need not send it.',
    schema: { type: 'string', default: '8.1' },
    example: '8.1',
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description:
      'The ETag of the record as it was read. When it has changed since, nothing is done and 412 is answered.',
    schema: { type: 'string' },
    example: '"1"',
  },
  IdempotencyKey: keyParameter,
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description: '`validate-only`: everything is checked and nothing is stored.',
    schema: { type: 'string', enum: ['validate-only'] },
  },
}

const answerHeaders: Readonly<Record<string, JsonSchema>> = {
  ApiVersion: { description: 'The version that has answered.', schema: { type: 'string' } },
  ETag: { description: 'The version of the record.', schema: { type: 'string' } },
  Location: { description: 'Where the new record, or the job, is.', schema: { type: 'string' } },
  RetryAfter: { description: 'Seconds to wait.', schema: { type: 'integer' } },
}

const headerReference = (name: string): JsonSchema => ({ $ref: `#/components/headers/${name}` })
const parameterReference = (name: string): JsonSchema => ({ $ref: `#/components/parameters/${name}` })

function operationOf(route: Route, sofa: SofaOperation, examples: Readonly<Record<string, unknown>>): JsonSchema {
  const [, name = ''] = route.field.split('.')
  const given = sofa.parameters ?? []
  const body = given.find(parameter => parameter.name === 'data')
  const isChange = route.method !== 'GET' && route.tag !== 'Session'
  const changesRecord = isChange && route.method !== 'POST' && route.tag !== 'Jobs'
  return {
    operationId: name,
    tags: [route.tag],
    summary: (sofa.description ?? name).split(/(?<=\.)\s/)[0],
    description: sofa.description ?? name,
    security: [{ oauth2: route.scope === undefined ? [] : [route.scope] }],
    parameters: [
      ...given.filter(parameter => parameter.name !== 'data').map(each => parameterOf(each, exampleValues)),
      parameterReference('ApiVersion'),
      ...(route.method === 'GET' ? [] : [parameterReference('IdempotencyKey')]),
      ...(isChange ? [parameterReference('Prefer')] : []),
      ...(changesRecord ? [parameterReference('IfMatch')] : []),
    ],
    ...(body ? { requestBody: requestBodyOf(route, body.schema, examples) } : {}),
    responses: {
      ...(isChange && route.status !== 200 ? { 200: rehearsed } : {}),
      [route.status]: doneResponse(route, sofa, isChange, examples[name]),
      ...(route.tag === 'Operations' ? { 204: { description: 'Done; no operation answers a record.' } } : {}),
      ...Object.fromEntries(refusals.map(({ status, titles }) => [status, refusalResponse(status, titles)])),
    },
  }
}

function doneResponse(route: Route, sofa: SofaOperation, isChange: boolean, example: unknown): JsonSchema {
  const headers = {
    'API-Version': headerReference('ApiVersion'),
    ...(route.tag === 'Records' && route.status !== 204 ? { ETag: headerReference('ETag') } : {}),
    ...(route.status === 201 || route.status === 202 ? { Location: headerReference('Location') } : {}),
  }
  if (route.status === 204) return { description: 'Done; there is nothing to say.', headers }
  const schema = responseOf(sofa)
  const type = route.path.endsWith('openapi.json') ? 'application/json' : (route.answers ?? mediaType)
  return {
    description: doneWords[route.status] ?? (isChange ? 'Changed, or only checked' : 'Found'),
    headers,
    content: {
      [type]: {
        schema: isChange && route.status === 200 ? { anyOf: [schema, reference('RehearsedDocument')] } : schema,
        ...(example === undefined ? {} : { example }),
      },
    },
  }
}

const doneWords: Readonly<Record<number, string>> = { 201: 'Made', 202: 'Begun' }

const rehearsed: JsonSchema = {
  description: 'It would have been done (`Prefer: validate-only`).',
  content: { [mediaType]: { schema: reference('RehearsedDocument') } },
}

/** What can be refused, by status; 410 is about versions and has no operation of its own. */
const refusals = [...Map.groupBy(problemTypes, ({ status }) => status)]
  .sort(([a], [b]) => a - b)
  .map(([status, types]) => ({ status, titles: types.map(({ title, code }) => `${title} (\`${code}\`)`).join('; ') }))

const refusalResponse = (status: number, titles: string): JsonSchema => ({
  description: titles,
  headers: {
    'API-Version': headerReference('ApiVersion'),
    ...(status === 429 || status === 503 ? { 'Retry-After': headerReference('RetryAfter') } : {}),
    ...(status === 412 ? { ETag: headerReference('ETag') } : {}),
  },
  content: {
    [mediaType]: { schema: reference('ErrorDocument') },
    'application/problem+json': { schema: reference('Problem') },
  },
})

const exampleValues = { sort: '-date_entered,name', include: 'contacts' }

/** Routes that take no JSON:API say what they take, and have an example for each. */
function requestBodyOf(route: Route, schema: JsonSchema, examples: Readonly<Record<string, unknown>>): JsonSchema {
  const [, name = ''] = route.field.split('.')
  if (!route.takes) return bodyOf(schema, examples[`${name} body`])
  const { description: _, ...rows } = schema
  const contents = route.takes.map(type => {
    const example = examples[`${name} body ${type}`]
    const isJson = type.includes('json') && !type.includes('ndjson')
    return [
      type,
      { schema: isJson ? rows : { type: 'string' }, ...(example === undefined ? {} : { example }) },
    ] as const
  })
  return { required: true, content: Object.fromEntries(contents) }
}

/** A linkage is a document by itself, since its data may be null. */
function bodyOf({ description: _, ...data }: JsonSchema, example: unknown): JsonSchema {
  const isWhole = data['$ref'] === reference('Linkage')['$ref']
  const schema = isWhole
    ? data
    : { type: 'object', required: ['data'], additionalProperties: false, properties: { data } }
  const content = { schema, ...(example === undefined ? {} : { example }) }
  return { required: true, content: { [mediaType]: content, 'application/json': content } }
}
