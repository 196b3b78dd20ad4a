import type { Catalog } from '../../schema/catalog.ts'
import { publishedScopes, wordsForScope } from '../../schema/scopes.ts'
import type { OpenApiDocument } from '../v8/openapi.ts'
import { openApiPath, type SofaOperation, type SofaPaths } from '../v8/sofa.ts'
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
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = openApiPath(route.path)
    const method = route.method.toLowerCase()
    const operation = sofa[path]?.[method]
    if (operation) (paths[path] ??= {})[method] = operationOf(route, operation, examples)
  }
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
      { name: 'Meta', description: 'What modules and fields there are.' },
      { name: 'Users', description: 'The acting user.' },
      { name: 'Session', description: 'The end of a token.' },
    ],
    security: [{ oauth2: [] }],
    paths,
    components: {
      schemas: documentSchemas(catalog, shapeOf),
      parameters: headerParameters,
      headers: answerHeaders,
      securitySchemes: { oauth2: oauth2(routes) },
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
  Location: { description: 'Where the new record is.', schema: { type: 'string' } },
  RetryAfter: { description: 'Seconds to wait.', schema: { type: 'integer' } },
}

const headerReference = (name: string): JsonSchema => ({ $ref: `#/components/headers/${name}` })
const parameterReference = (name: string): JsonSchema => ({ $ref: `#/components/parameters/${name}` })

const tokenUrl = '/Api/access_token'

function oauth2(routes: readonly Route[]): JsonSchema {
  const needed = routes.flatMap(({ scope }) => (scope === undefined ? [] : [scope]))
  const names = [...new Set([...publishedScopes.map(({ scope }) => scope), ...needed])]
  const scopes = Object.fromEntries(names.map(name => [name, wordsForScope(name)]))
  return {
    type: 'oauth2',
    description: 'A bearer token of `POST /Api/access_token`.',
    flows: {
      password: { tokenUrl, scopes },
      clientCredentials: { tokenUrl, scopes },
      authorizationCode: { authorizationUrl: '/Api/authorize', tokenUrl, scopes },
    },
  }
}

function operationOf(route: Route, sofa: SofaOperation, examples: Readonly<Record<string, unknown>>): JsonSchema {
  const [, name = ''] = route.field.split('.')
  const given = sofa.parameters ?? []
  const body = given.find(parameter => parameter.name === 'data')
  const isChange = route.method !== 'GET' && route.tag !== 'Session'
  const changesRecord = isChange && route.method !== 'POST'
  return {
    operationId: name,
    tags: [route.tag],
    summary: (sofa.description ?? name).split(/(?<=\.)\s/)[0],
    description: sofa.description ?? name,
    security: [{ oauth2: route.scope === undefined ? [] : [route.scope] }],
    parameters: [
      ...given.filter(parameter => parameter.name !== 'data').map(parameterOf),
      parameterReference('ApiVersion'),
      ...(isChange ? [parameterReference('Prefer')] : []),
      ...(changesRecord ? [parameterReference('IfMatch')] : []),
    ],
    ...(body ? { requestBody: bodyOf(body.schema, examples[`${name} body`]) } : {}),
    responses: {
      ...(isChange && route.status !== 200 ? { 200: rehearsed } : {}),
      [route.status]: doneResponse(route, sofa, isChange, examples[name]),
      ...Object.fromEntries(refusals.map(({ status, titles }) => [status, refusalResponse(status, titles)])),
    },
  }
}

function doneResponse(route: Route, sofa: SofaOperation, isChange: boolean, example: unknown): JsonSchema {
  const headers = {
    'API-Version': headerReference('ApiVersion'),
    ...(route.tag === 'Records' && route.status !== 204 ? { ETag: headerReference('ETag') } : {}),
    ...(route.status === 201 ? { Location: headerReference('Location') } : {}),
  }
  if (route.status === 204) return { description: 'Done; there is nothing to say.', headers }
  const schema = responseOf(sofa)
  const isDocument = !route.path.endsWith('openapi.json')
  return {
    description: route.status === 201 ? 'Made' : isChange ? 'Changed, or only checked' : 'Found',
    headers,
    content: {
      [isDocument ? mediaType : 'application/json']: {
        schema: isChange && route.status === 200 ? { anyOf: [schema, reference('RehearsedDocument')] } : schema,
        ...(example === undefined ? {} : { example }),
      },
    },
  }
}

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

const exampleValues: Readonly<Record<string, unknown>> = {
  moduleName: 'Accounts',
  id: '00000000-0000-4000-8000-000000000001',
  relatedBeanId: '00000000-0000-4000-8000-000000000002',
  linkFieldName: 'contacts',
  sort: '-date_entered,name',
  include: 'contacts',
}

/** Sofa knows no nested query parameters; `page[size]=2` is OpenAPI's deepObject. */
function parameterOf({ name, in: place, schema }: NonNullable<SofaOperation['parameters']>[number]): JsonSchema {
  const { description, ...rest } = schema
  return {
    name,
    in: place,
    ...(place === 'path' ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema: rest,
    ...('$ref' in rest ? { style: 'deepObject', explode: true } : {}),
    ...(Object.hasOwn(exampleValues, name) ? { example: exampleValues[name] } : {}),
  }
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

function responseOf({ responses }: SofaOperation): JsonSchema {
  const [response] = Object.values(responses ?? {})
  return response?.content['application/json']?.schema ?? {}
}
