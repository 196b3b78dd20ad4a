import type { Catalog } from '../../schema/catalog.ts'
import { documentSchemas } from './document-schemas.ts'
import { documentExamples } from './examples.ts'
import { keyParameter, oauth2, parameterOf, pathsOf, responseOf } from './openapi-operations.ts'
import { reference, type JsonSchema } from './resource-schemas.ts'
import type { Route } from './routes.ts'
import type { SofaOperation, SofaPaths } from './sofa.ts'
import type { Views } from './views.ts'

export type OpenApiDocument = Readonly<Record<string, unknown>> & { readonly paths: Readonly<Record<string, unknown>> }

const tokenWords = [
  'A bearer token of `POST /Api/access_token`. A token without scopes may do what its user may. Scopes of records',
  'can be narrowed to one module: `records:read:Accounts`.',
].join(' ')

const mediaType = 'application/vnd.api+json'

/**
 * The OpenAPI document of REST V8: Sofa's endpoints, with the schemas of the catalog's modules and what Sofa cannot know:
 * media types, errors, nested query parameters, security and examples.
 */
export function openApiDocument(
  catalog: Catalog,
  views: Views,
  routes: readonly Route[],
  sofa: SofaPaths,
): OpenApiDocument {
  const examples = documentExamples(views)
  return {
    openapi: '3.0.3',
    info: {
      title: 'Switchyard REST V8',
      version: '8',
      description:
        "Records of a CRM as SuiteCRM's JSON:API answers them. Values are text; see the schemas of each module.",
      license: { name: 'MIT', url: 'https://opensource.org/licenses/MIT' },
    },
    servers: [{ url: '/Api/V8' }],
    tags: [
      { name: 'Records', description: 'Read, make, change and delete records.' },
      { name: 'Relationships', description: 'What records are related to.' },
      { name: 'Meta', description: 'What modules and fields there are.' },
      { name: 'Users', description: 'The acting user, and what users have chosen.' },
      { name: 'Session', description: 'The end of a token.' },
    ],
    security: [{ oauth2: [] }],
    paths: pathsOf(routes, sofa, (route, operation) => operationOf(route, operation, examples)),
    components: { schemas: documentSchemas(catalog, views), securitySchemes: { oauth2: oauth2(routes, tokenWords) } },
  }
}

function operationOf(route: Route, sofa: SofaOperation, examples: Readonly<Record<string, unknown>>): JsonSchema {
  const [, name = ''] = route.field.split('.')
  const parameters = [
    ...(sofa.parameters ?? [])
      .filter(parameter => parameter.name !== 'data')
      .map(each => parameterOf(each, exampleValues)),
    ...(route.method === 'GET' ? [] : [keyParameter]),
  ]
  const body = (sofa.parameters ?? []).find(parameter => parameter.name === 'data')
  return {
    operationId: name,
    tags: [route.tag],
    summary: sentence(sofa.description ?? name),
    description: sofa.description ?? name,
    security: [{ oauth2: route.scope === undefined ? [] : [route.scope] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: bodyOf(body.schema) } : {}),
    responses: {
      [route.status]: {
        description: route.status === 201 ? 'Done' : 'Found',
        content: { [mediaType]: { schema: responseOf(sofa), ...exampleOf(examples, name) } },
      },
      400: {
        description: 'Whatever the request caused: not found, not allowed, not valid.',
        content: {
          [mediaType]: { schema: reference('ErrorDocument') },
          'application/json': { schema: reference('ErrorDocument') },
        },
      },
      401: {
        description: 'No token, or none that counts.',
        content: { 'application/json': { schema: reference('AccessDenied') } },
      },
      ...(route.scope === undefined ? {} : { 403: insufficientScope }),
      503: {
        description: 'Not available right now; try again after `Retry-After` seconds.',
        content: { [mediaType]: { schema: reference('ErrorDocument') } },
      },
    },
  }
}

const insufficientScope: JsonSchema = {
  description: 'The token lacks a scope, which `WWW-Authenticate` names.',
  headers: {
    'WWW-Authenticate': {
      description: 'What RFC 6750 says: `error="insufficient_scope"` and the `scope` that is missing.',
      schema: { type: 'string' },
    },
  },
  content: { [mediaType]: { schema: reference('ErrorDocument') } },
}

const sentence = (text: string) => text.split(/(?<=\.)\s/)[0] ?? text

const exampleOf = (examples: Readonly<Record<string, unknown>>, name: string) =>
  Object.hasOwn(examples, name) ? { example: examples[name] } : {}

const exampleValues = { sort: '-date_entered' }

const bodyOf = ({ description: _, ...data }: JsonSchema): JsonSchema => {
  const schema = { type: 'object', required: ['data'], additionalProperties: false, properties: { data } }
  return {
    required: true,
    content: Object.fromEntries(
      [mediaType, 'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'].map(type => [
        type,
        { schema },
      ]),
    ),
  }
}
