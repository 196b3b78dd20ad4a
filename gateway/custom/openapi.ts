import { namesIn, type Declaration, type Example, type JsonSchema } from '../../subgraphs/ops/endpoints/declaration.ts'
import { pathSchemaOf, propertiesOf, querySchemaOf } from '../../subgraphs/ops/endpoints/validators.ts'
import type { Stored } from './routes.ts'

const answers = {
  '400': 'The address or the body cannot be understood, or the request may cost too much',
  '401': 'Sign in first',
  '403': 'Not allowed',
  '404': 'There is nothing here that you may see',
  '422': 'The body is not valid',
  '429': 'Too many requests',
  '503': 'Not available right now',
} as const

/**
 * The OpenAPI document of the endpoints that can be called.
 *
 * @param issuer  where this house is, and where tokens come from
 */
export const customOpenApi = (all: readonly Stored[], issuer: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'Custom endpoints',
    version: '1',
    license: { name: 'MIT', url: 'https://opensource.org/licenses/MIT' },
    description:
      'Endpoints that this installation has declared. Each has versions of its own: the newest answers, unless the header Endpoint-Version names another.',
  },
  servers: [{ url: issuer }],
  security: [{ bearer: [] }, { apiKey: [] }],
  paths: Object.fromEntries(
    [...Map.groupBy(all, ({ declaration }) => declaration.path)].map(([path, there]) => [
      path,
      Object.fromEntries(there.map(stored => [stored.declaration.method.toLowerCase(), operationOf(stored)])),
    ]),
  ),
  components: {
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
    },
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, description]) => [
        status,
        { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
      ]),
    ),
    schemas: {
      Problem: {
        type: 'object',
        description: 'RFC 9457',
        required: ['type', 'title', 'status', 'detail', 'code'],
        properties: {
          type: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
          instance: { type: 'string' },
          code: { type: 'string' },
          requestId: { type: 'string' },
        },
      },
    },
  },
})

function operationOf({ declaration, version }: Stored) {
  const { method, path, description, input, outputSchema, status, scopes, examples } = declaration
  const words = scopes.length > 0 ? `${description}\n\nNeeds the scopes ${scopes.join(', ')}.` : description
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\W+/g, '_')}`,
    summary: description.split('\n')[0],
    description: words.trim(),
    'x-version': version,
    parameters: [
      ...parametersIn('path', pathSchemaOf(declaration), namesIn(path), examples),
      ...parametersIn('query', querySchemaOf(declaration), requiredOf(input.query), examples),
      {
        name: 'Endpoint-Version',
        in: 'header',
        description: `A version from 1 to ${version}; the newest without it.`,
        schema: { type: 'integer', minimum: 1, maximum: version },
      },
      ...(method === 'GET' ? [] : [idempotencyKey]),
    ],
    ...(input.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: input.body, ...examplesOf(examples, ({ body }) => body) } },
      },
    }),
    responses: { [status]: succeeds(declaration, outputSchema), ...refusals },
  }
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Of your own choosing: the same request with the same key is done once.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

const succeeds = ({ status, examples }: Declaration, schema: JsonSchema = {}) => ({
  description: 'Done',
  ...(status !== 204 && {
    content: { 'application/json': { schema, ...examplesOf(examples, ({ output }) => output) } },
  }),
})

const refusals = Object.fromEntries(
  Object.keys(answers).map(status => [status, { $ref: `#/components/responses/${status}` }]),
)

const requiredOf = (schema: JsonSchema | undefined): readonly unknown[] =>
  Array.isArray(schema?.required) ? (schema.required as unknown[]) : []

const parametersIn = (
  place: 'path' | 'query',
  schema: JsonSchema,
  required: readonly unknown[],
  examples: readonly Example[],
) =>
  Object.entries(propertiesOf(schema)).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
    ...examplesOf(examples, example => example[place]?.[name]),
  }))

/** Those that have a value there, by their names. */
function examplesOf(examples: readonly Example[], valueOf: (example: Example) => unknown) {
  const named = examples.flatMap(example => {
    const value = valueOf(example)
    return value === undefined ? [] : [[example.name, { value }] as const]
  })
  return named.length > 0 ? { examples: Object.fromEntries(named) } : {}
}
