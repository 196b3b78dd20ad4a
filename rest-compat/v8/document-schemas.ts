import type { Catalog } from '../../schema/catalog.ts'
import { moduleActions } from './tabs.ts'
import {
  describedModules,
  exampleId,
  reference,
  resourceSchemas,
  schemaNames,
  type JsonSchema,
} from './resource-schemas.ts'
import type { Views } from './views.ts'

type Schemas = Readonly<Record<string, JsonSchema>>

const object = (properties: Schemas, optional: readonly string[] = []): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties).filter(name => !optional.includes(name)),
  additionalProperties: false,
  properties,
})
const text: JsonSchema = { type: 'string' }
const count: JsonSchema = { type: 'integer', minimum: 0 }
const link: JsonSchema = { type: 'string', nullable: true }
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
const nothing: JsonSchema = { type: 'array', maxItems: 0, items: {} }
const message = object({ message: text })

/** The schemas of all documents, by the names that the REST view gives them. */
export function documentSchemas(catalog: Catalog, views: Views): Schemas {
  const modules = describedModules(catalog)
  const oneOf = (kind: 'resource' | 'related'): JsonSchema => ({
    oneOf: modules.map(module => reference(schemaNames(module)[kind])),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(
        modules.map(module => [module.objectName, `#/components/schemas/${schemaNames(module)[kind]}`]),
      ),
    },
  })
  return {
    ...Object.assign({}, ...modules.map(module => resourceSchemas(views, module))),
    ...parameterSchemas,
    ...inputSchemas(
      catalog,
      modules.map(module => schemaNames(module).input),
    ),
    ...fixedSchemas,
    Resource: oneOf('resource'),
    RelatedResource: oneOf('related'),
  }
}

const parameterSchemas: Schemas = {
  Fields: { type: 'object', additionalProperties: { type: 'string' }, example: { Accounts: 'name,account_type' } },
  Page: {
    type: 'object',
    properties: { size: { type: 'integer', minimum: 1 }, number: { type: 'integer', minimum: 1 } },
    example: { size: 20, number: 1 },
  },
  Filter: {
    type: 'object',
    properties: { operator: { type: 'string', enum: ['and', 'or'] } },
    additionalProperties: {
      type: 'object',
      description: 'The value to compare with, by comparison. `%` in `like` stands for any text.',
      properties: Object.fromEntries(['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'like'].map(op => [op, text])),
    },
    example: { name: { like: 'A%' } },
  },
}

const inputSchemas = (catalog: Catalog, inputs: readonly string[]): Schemas => {
  const type = { type: 'string', description: 'A module.', enum: [...catalog.byAlias.keys()].sort() }
  const attributes = { anyOf: inputs.map(reference) }
  const id = { type: 'string', description: 'A UUID.' }
  return {
    NewRecord: {
      ...object({ type, id, attributes }, ['id', 'attributes']),
      example: { type: 'Accounts', id: exampleId, attributes: { name: 'Acme' } },
    },
    ChangedRecord: {
      ...object({ type, id, attributes }, ['attributes']),
      example: { type: 'Accounts', id: exampleId, attributes: { name: 'Acme Ltd' } },
    },
    RecordReference: { ...object({ type, id }), example: { type: 'Contacts', id: exampleId } },
  }
}

const pageLinks = object({ first: link, prev: link, next: link, last: link })
const pageMeta = object({ 'total-pages': count, 'records-on-this-page': count })
const relatedMeta = object({ 'total-records': count, 'total-pages': count, 'records-on-this-page': count })
const dataOf = (type: string, attributes: JsonSchema): JsonSchema =>
  object({ data: object({ type: { type: 'string', enum: [type] }, attributes }) })

const column: Schemas = {
  ...{ fieldName: text, width: text, label: text, link: { type: 'boolean' }, default: { type: 'boolean' } },
  ...{ module: text, id: text, sortable: { type: 'boolean' }, customCode: text },
}
const searchField: JsonSchema = { type: 'object', required: ['name'], properties: { name: text, label: link } }
const relation = [
  'message',
  'sourceModule',
  'sourceModuleLabel',
  'sourceId',
  'relatedModule',
  'relatedModuleLabel',
  'relatedId',
  'relationshipLink',
]

const fixedSchemas: Schemas = {
  RecordDocument: object({ data: reference('Resource') }),
  RecordsDocument: object(
    { meta: { anyOf: [pageMeta, message] }, data: list(reference('Resource')), links: pageLinks },
    ['meta', 'links'],
  ),
  RelatedRecordsDocument: object(
    { meta: { anyOf: [relatedMeta, message] }, data: list(reference('RelatedResource')), links: pageLinks },
    ['links'],
  ),
  RelationshipLinks: object({ links: object({ related: text }) }),
  MessageDocument: object({ meta: message, data: nothing }),
  RelationDocument: object({ meta: object(Object.fromEntries(relation.map(name => [name, text]))), data: nothing }),
  ModulesDocument: dataOf('modules', {
    type: 'object',
    additionalProperties: object({ label: text, access: list({ type: 'string', enum: moduleActions }) }),
  }),
  FieldsDocument: dataOf('fields', {
    type: 'object',
    additionalProperties: {
      type: 'object',
      required: ['type', 'dbType', 'required'],
      properties: { type: text, dbType: text, required: {} },
    },
  }),
  UserDocument: object({
    data: object({
      ...{ type: { type: 'string', enum: ['User'] }, id: text },
      attributes: { type: 'object', additionalProperties: { anyOf: [text, { type: 'object', maxProperties: 0 }] } },
      relationships: { type: 'object', additionalProperties: reference('RelationshipLinks') },
    }),
  }),
  PreferencesDocument: object({
    data: object({
      ...{ type: { type: 'string', enum: ['UserPreference'] }, id: text },
      attributes: { anyOf: [{ type: 'object', additionalProperties: { type: 'object' } }, nothing] },
    }),
  }),
  ColumnsDocument: list({ type: 'object', required: Object.keys(column), properties: column }),
  SearchDefsDocument: dataOf('SearchDefs', {
    type: 'object',
    properties: {
      module: text,
      templateMeta: { type: 'object' },
      basic: list(searchField),
      advanced: list(searchField),
      fields: { type: 'object' },
    },
  }),
  OpenApiDocument: {
    type: 'object',
    required: ['openapi', 'info', 'paths'],
    properties: { openapi: text, info: { type: 'object' }, paths: { type: 'object' } },
  },
  ErrorDocument: {
    ...object({
      errors: object({ status: { type: 'integer' }, title: { type: 'string', nullable: true }, detail: text }),
    }),
    example: { errors: { status: 400, title: null, detail: 'Accounts module with id 12345 is not found' } },
  },
  AccessDenied: {
    type: 'object',
    required: ['error', 'error_description', 'message'],
    properties: { error: text, error_description: text, hint: text, message: text },
  },
}
