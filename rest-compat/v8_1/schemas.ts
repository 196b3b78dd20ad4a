import type { Catalog } from '../../schema/catalog.ts'
import { isMany } from '../../schema/link.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { problemTypes } from './problem.ts'
import type { Shape, ShapeOf } from './shape.ts'

export type JsonSchema = Readonly<Record<string, unknown>>
type Schemas = Readonly<Record<string, JsonSchema>>

export const reference = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })

const text: JsonSchema = { type: 'string' }
const address: JsonSchema = { type: 'string', format: 'uri-reference' }
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
const object = (properties: Schemas, optional: readonly string[] = []): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties).filter(name => !optional.includes(name)),
  additionalProperties: false,
  properties,
})
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] })
const id: JsonSchema = { type: 'string', maxLength: 36 }

/** The schemas of all documents, by the names that the REST view gives them. */
export function documentSchemas(catalog: Catalog, shapeOf: ShapeOf): Schemas {
  const modules = [...catalog.modules].sort((a, b) => (a.name < b.name ? -1 : 1))
  return {
    ...Object.assign({}, ...modules.map(module => moduleSchemas(shapeOf(module)))),
    Resource: oneOf(modules, resourceName),
    NewRecord: oneOf(modules, newName),
    ChangedRecord: oneOf(modules, changedName),
    ...fixedSchemas,
  }
}

export const resourceName = ({ graphql: { type } }: Module) => type
const attributesName = ({ graphql: { type } }: Module) => `${type}Attributes`
const inputName = ({ graphql: { type } }: Module) => `${type}Input`
const newName = ({ graphql: { type } }: Module) => `New${type}`
const changedName = ({ graphql: { type } }: Module) => `Changed${type}`

const oneOf = (modules: readonly Module[], nameOf: (module: Module) => string): JsonSchema => ({
  oneOf: modules.map(module => reference(nameOf(module))),
  discriminator: {
    propertyName: 'type',
    mapping: Object.fromEntries(modules.map(module => [module.name, `#/components/schemas/${nameOf(module)}`])),
  },
})

function moduleSchemas({ module, attributes, inputs, links }: Shape): Schemas {
  const type: JsonSchema = { type: 'string', const: module.name }
  const described = (adapters: Shape['attributes']) =>
    Object.fromEntries([...adapters].map(([name, { schema }]) => [name, { ...descriptionOf(module, name), ...schema }]))
  const toOne = [...links.values()].filter(link => !isMany(link))
  const input = {
    type,
    attributes: reference(inputName(module)),
    ...(toOne.length > 0 && { relationships: reference(`${inputName(module)}Relationships`) }),
  }
  return {
    [attributesName(module)]: { type: 'object', additionalProperties: false, properties: described(attributes) },
    [inputName(module)]: { type: 'object', additionalProperties: false, properties: described(inputs) },
    ...(toOne.length > 0 && {
      [`${inputName(module)}Relationships`]: {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(toOne.map(({ name }) => [name, reference('Linkage')])),
      },
    }),
    [resourceName(module)]: {
      ...object(
        {
          type,
          id,
          attributes: reference(attributesName(module)),
          relationships: {
            type: 'object',
            additionalProperties: false,
            properties: Object.fromEntries([...links.keys()].map(name => [name, reference('Relationship')])),
          },
          links: object({ self: address }),
          meta: object({ version: { type: 'integer', description: 'Counts the changes; the ETag without quotes.' } }),
        },
        ['relationships'],
      ),
      description: `A record of the module ${module.name}.`,
    },
    [newName(module)]: object({ ...input, id }, ['attributes', 'relationships', 'id']),
    [changedName(module)]: object({ ...input, id }, ['attributes', 'relationships', 'id']),
  }
}

function descriptionOf(module: Module, name: string): JsonSchema {
  const field = fieldOf(module, name)
  const words = [field?.label?.replace(/:$/, ''), field?.comment].filter(Boolean).join('. ')
  return { ...(words !== '' && { description: words }), ...(field?.deprecated && { deprecated: true }) }
}

const jsonapi = object({ version: text })
const pageLinks = { self: address, first: address, prev: orNull(address), next: orNull(address) }
const identifier = object({ type: text, id })
const anything: JsonSchema = { type: 'object' }
const count: JsonSchema = { type: 'integer', minimum: 0 }
const moment: JsonSchema = { type: 'string', format: 'date-time' }

const fixedSchemas: Schemas = {
  Fields: { type: 'object', additionalProperties: text, examples: [{ Accounts: 'name,account_type' }] },
  Page: {
    type: 'object',
    additionalProperties: false,
    properties: { size: { type: 'integer', minimum: 1, maximum: 200 }, after: text, before: text },
    examples: [{ size: 20 }],
  },
  Filter: { type: 'object', additionalProperties: true, examples: [{ name: { like: 'A%' } }] },
  Identifiers: list(identifier),
  Linkage: object({ data: orNull(identifier) }),
  Relationship: object(
    {
      links: object({ self: address, related: address, next: address }, ['next']),
      data: { anyOf: [list(identifier), identifier, { type: 'null' }] },
    },
    ['data'],
  ),
  RecordDocument: object(
    { jsonapi, data: reference('Resource'), included: list(reference('Resource')), links: object({ self: address }) },
    ['included'],
  ),
  RecordsDocument: object(
    { jsonapi, data: list(reference('Resource')), included: list(reference('Resource')), links: object(pageLinks) },
    ['included'],
  ),
  RelatedDocument: object(
    {
      jsonapi,
      data: { anyOf: [list(reference('Resource')), reference('Resource'), { type: 'null' }] },
      included: list(reference('Resource')),
      links: object(pageLinks, ['first', 'prev', 'next']),
    },
    ['included', 'links'],
  ),
  LinkageDocument: object({
    jsonapi,
    data: { anyOf: [list(identifier), identifier, { type: 'null' }] },
    links: object({ ...pageLinks, related: address }, ['first', 'prev', 'next']),
  }),
  RehearsedDocument: object({ jsonapi, meta: object({ valid: { type: 'boolean', const: true } }) }),
  ModulesDocument: object({
    jsonapi,
    data: list(
      object({ type: text, id: text, attributes: anything, links: object({ self: address, records: address }) }),
    ),
  }),
  FieldsDocument: object({ jsonapi, data: list(object({ type: text, id: text, attributes: anything })) }),
  Operations: object({
    'atomic:operations': { type: 'array', minItems: 1, items: reference('Operation') },
  }),
  Operation: object(
    {
      op: { type: 'string', enum: ['add', 'update', 'remove'] },
      ref: object({ type: text, id, lid: text, relationship: text }, ['id', 'lid', 'relationship']),
      data: { description: 'A resource, an identifier, a list of identifiers, or null.' },
      meta: object(
        {
          version: { type: 'integer', description: 'The version that the record must still have.' },
          idempotencyKey: {
            ...text,
            description: 'Of this operation alone: it is done once, whichever request brings it again.',
          },
        },
        ['version', 'idempotencyKey'],
      ),
    },
    ['ref', 'data', 'meta'],
  ),
  ResultsDocument: object({
    jsonapi,
    'atomic:results': list(
      object({ data: orNull(reference('Resource')), meta: object({ replayed: { type: 'boolean', const: true } }) }, [
        'data',
        'meta',
      ]),
    ),
  }),
  Rows: list(anything),
  RowResults: { type: 'string', description: 'Newline-delimited JSON.' },
  Job: object({
    type: { type: 'string', const: 'jobs' },
    id,
    attributes: object({
      kind: text,
      status: { type: 'string', enum: ['OPEN', 'QUEUED', 'RUNNING', 'FINISHED', 'FAILED', 'CANCELLED'] },
      module: text,
      ...Object.fromEntries(['total', 'done', 'created', 'updated', 'unchanged', 'failed'].map(name => [name, count])),
      bytes: count,
      error: orNull(object({ code: text, message: text })),
      createdAt: moment,
      startedAt: orNull(moment),
      finishedAt: orNull(moment),
    }),
    links: object({ self: address, results: address, file: orNull(address) }, ['results', 'file']),
  }),
  NewExport: object({
    type: { type: 'string', const: 'exports' },
    attributes: object(
      {
        module: text,
        fields: { ...list(text), description: 'All that you may see, where none are named.' },
        filter: { ...anything, description: "The filter of GraphQL's query for the module." },
        sort: { ...list(text), description: 'With a minus sign in front for the other way round.' },
        format: { type: 'string', enum: ['ndjson', 'csv'], default: 'ndjson' },
        formulaGuard: {
          type: 'boolean',
          default: true,
          description: 'CSV: text that would run as a formula gets an apostrophe.',
        },
        byteOrderMark: {
          type: 'boolean',
          default: false,
          description: 'CSV: begins with one, as some spreadsheets want.',
        },
      },
      ['fields', 'filter', 'sort', 'format', 'formulaGuard', 'byteOrderMark'],
    ),
  }),
  JobDocument: object({ jsonapi, data: reference('Job'), links: object({ self: address }) }),
  JobsDocument: object({ jsonapi, data: list(reference('Job')) }),
  OpenApiDocument: anything,
  ErrorDocument: object({
    jsonapi,
    errors: {
      type: 'array',
      minItems: 1,
      items: object(
        {
          id: { ...text, description: 'The id of the request.' },
          links: object({ type: text }),
          status: { type: 'string', pattern: String.raw`^\d{3}$` },
          code: { type: 'string', enum: problemTypes.map(({ code }) => code) },
          title: text,
          detail: text,
          source: {
            type: 'object',
            properties: { pointer: text, parameter: text, header: text },
            additionalProperties: false,
          },
          type: { ...text, description: 'The type of RFC 9457.' },
          instance: { ...text, description: 'The instance of RFC 9457: this request.' },
          meta: anything,
        },
        ['source', 'meta'],
      ),
    },
  }),
  Problem: {
    type: 'object',
    description: 'RFC 9457.',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId'],
    properties: {
      ...{
        type: text,
        title: text,
        status: { type: 'integer' },
        detail: text,
        instance: text,
        code: text,
        requestId: text,
      },
      source: anything,
    },
  },
}
