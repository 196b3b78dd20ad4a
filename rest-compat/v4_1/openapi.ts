import type { Catalog } from '../../schema/catalog.ts'
import { keyParameter } from '../v8/openapi-operations.ts'
import { examples } from './examples.ts'
import { anyOf, reference, type JsonSchema } from './json-schema.ts'
import { scalarSchemas } from './scalar-schemas.ts'
import type { SofaOperation } from './sofa.ts'
import { parametersOf, viewTypes } from './view.ts'

/**
 * The OpenAPI document of v4.1: Sofa's endpoints, with the schemas of the catalog's modules and what Sofa cannot know:
 * errors, examples, and `rest.php` itself.
 */
export function openApiDocument(catalog: Catalog, operations: ReadonlyMap<string, SofaOperation>) {
  return {
    openapi: '3.0.3',
    info: {
      title: 'Switchyard legacy REST',
      version: '4.1',
      description: [
        "Records of a CRM as SuiteCRM's API v4.1 answers them. `login` opens a session, whose id is the first argument of",
        'every other call. Values are text; moments are UTC, `2030-03-04 10:30:00`. All methods are called at `/rest.php`',
        'with their arguments in order; each has an address of its own too, which takes them by name. A session has every',
        'scope: it may do what its user may.',
      ].join(' '),
      license: { name: 'MIT', url: 'https://opensource.org/licenses/MIT' },
    },
    servers: [{ url: '/service/v4_1' }],
    tags: [
      { name: 'Envelope', description: 'Where clients of SuiteCRM call all methods.' },
      { name: 'Reading', description: 'Methods that change nothing.' },
      { name: 'Writing', description: 'Methods that change something.' },
    ],
    // Sessions are arguments.
    security: [],
    paths: {
      '/rest.php': { post: envelopeOperation(operations) },
      ...Object.fromEntries(
        [...operations].map(([method, operation]) => [`/${method}`, { post: methodOperation(method, operation) }]),
      ),
    },
    components: { schemas: scalarSchemas(catalog) },
  }
}

const descriptions: ReadonlyMap<string, string> = new Map(
  viewTypes
    .flatMap(type => Object.values(type.getFields()))
    .map(({ name, description }) => [name, description ?? name]),
)
const [readingType] = viewTypes
const isReading = (method: string) => readingType !== undefined && method in readingType.getFields()

function methodOperation(method: string, { given, answered }: SofaOperation): JsonSchema {
  const description = descriptions.get(method) ?? method
  const names = (parametersOf.get(method) ?? []).map(({ name }) => `\`${name}\``)
  const example = examples[method]
  return {
    operationId: method,
    tags: [isReading(method) ? 'Reading' : 'Writing'],
    summary: description.split(/(?<=\.)\s/, 1)[0],
    description:
      names.length > 0
        ? `${description}\n\nThe order of its arguments in \`rest_data\`: ${names.join(', ')}.`
        : description,
    ...(isReading(method) ? {} : { parameters: [keyParameter] }),
    requestBody: {
      required: names.length > 0,
      content: json(bodySchema(given), example?.args),
    },
    responses: {
      200: { description: 'What the method answers, or an error.', content: json(answerOf(answered), example?.answer) },
      400: { description: 'The body is no JSON, or an argument of another type.', content: json(reference('Fault')) },
      503: { description: 'Not available right now; try again after some seconds.', content: json(reference('Fault')) },
    },
  }
}

const json = (schema: JsonSchema, example?: unknown) => ({
  'application/json': { schema, ...(example === undefined ? {} : { example }) },
})

const answerOf = (answered: JsonSchema) => anyOf(answered, reference('Fault'), reference('Nothing'))

/** The arguments by name. Beside a reference, Sofa's empty description has no place. */
function bodySchema(given: JsonSchema): JsonSchema {
  const properties = typeof given.properties === 'object' && given.properties !== null ? given.properties : {}
  return {
    ...given,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, { description: _, ...schema }]: [string, JsonSchema]) => [name, schema]),
    ),
  }
}

/** `rest.php`: the method and its arguments in a form. */
function envelopeOperation(operations: ReadonlyMap<string, SofaOperation>): JsonSchema {
  return {
    operationId: 'call',
    tags: ['Envelope'],
    summary: 'Calls any method.',
    description: [
      '`rest_data` holds the arguments as JSON: a list, or an object whose values count in their order, whatever their',
      'names. The query takes the same parameters as the form, and `GET` answers like `POST`. With another',
      '`response_type` than JSON the answer is text as print_r() prints it; `jsoncallback` in the query wraps it.',
    ].join(' '),
    parameters: [keyParameter],
    requestBody: {
      required: true,
      content: Object.fromEntries(
        ['application/x-www-form-urlencoded', 'multipart/form-data'].map(type => [
          type,
          { schema: reference('Envelope'), examples: envelopeExamples([...operations.keys()]) },
        ]),
      ),
    },
    responses: {
      200: {
        description: 'What the method answers, or an error.',
        content: json(anyOf(...[...operations.values()].map(({ answered }) => answered), reference('Fault'))),
      },
      '4XX': {
        description: 'The request could not be read: too large, or not HTTP.',
        content: json(reference('Fault')),
      },
      503: {
        description: 'Not available right now; try again after `Retry-After` seconds.',
        content: json(reference('Fault')),
      },
    },
  }
}

const envelopeExamples = (methods: readonly string[]) =>
  Object.fromEntries(
    methods.map(method => {
      const args = examples[method]?.args ?? {}
      const given = (parametersOf.get(method) ?? []).filter(({ name }) => Object.hasOwn(args, name))
      const restData = JSON.stringify(given.map(({ name }) => args[name]))
      return [
        method,
        {
          summary: descriptions.get(method) ?? method,
          value: { method, input_type: 'JSON', response_type: 'JSON', rest_data: restData },
        },
      ]
    }),
  )
