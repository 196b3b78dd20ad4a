import type { Catalog } from '../../schema/catalog.ts'
import { anyOf, byName, count, list, nothing, object, reference, text } from './json-schema.ts'
import type { JsonSchema, JsonSchemas } from './json-schema.ts'
import { describedModules, moduleSchemas, schemaNames } from './module-schemas.ts'
import { methods } from './methods.ts'

/** The schemas of all scalars of the contract, by the names that the contract gives them, and of what they hold. */
export function scalarSchemas(catalog: Catalog): JsonSchemas {
  const modules = describedModules(catalog)
  const inputs = modules.map(module => reference(schemaNames(module).input))
  return {
    ...Object.assign({}, ...modules.map(module => moduleSchemas(catalog, module))),
    Entry: {
      oneOf: modules.map(module => reference(schemaNames(module).entry)),
      discriminator: {
        propertyName: 'module_name',
        mapping: Object.fromEntries(
          modules.map(module => [module.name, `#/components/schemas/${schemaNames(module).entry}`]),
        ),
      },
    },
    NameValues: anyOf(list(given), ...inputs),
    ...givenSchemas,
    ...answerSchemas,
    ...partSchemas,
  }
}

const anything: JsonSchema = {}
const value = anyOf({ type: 'string', nullable: true }, { type: 'number' }, { type: 'boolean' })
const given = object({ name: text, value })
const id: JsonSchema = { type: 'string', maxLength: 36 }
const whole: JsonSchema = anyOf({ type: 'integer' }, { type: 'boolean', enum: [false] }, { type: 'string' })
const flag: JsonSchema = anyOf({ type: 'boolean' }, { type: 'integer', enum: [0, 1] }, { type: 'string' })

const file = {
  id,
  filename: text,
  file: { type: 'string', description: 'The contents as base64.' },
}

/** What arguments are made of. */
const givenSchemas: JsonSchemas = {
  Session: { type: 'string', example: 'k3v9x2m7q4w8z1t6r5y0p2s4d6' },
  FieldNames: { ...anyOf(list(text), { type: 'string', enum: [''] }), example: ['id', 'name'] },
  LinkFields: anyOf(list(object({ name: text, value: list(text) })), { type: 'string', enum: [''] }),
  Ids: anyOf(list(id), id),
  Texts: list(text),
  Batch: list(anything),
  Whole: { ...whole, example: 20 },
  Flag: { ...flag, example: false },
  UserAuth: {
    ...object(
      {
        user_name: text,
        password: { type: 'string', description: 'As md5 in hex; in clear with `encryption`.' },
        encryption: { type: 'string', enum: ['PLAIN'] },
        version: text,
      },
      ['encryption', 'version'],
    ),
    additionalProperties: true,
  },
  NoteAttachment: object({ ...file, related_module_id: id, related_module_name: text }, [
    'related_module_id',
    'related_module_name',
  ]),
  DocumentRevision: object({ ...file, document_name: text, revision: text }, ['document_name']),
  ModuleNames: anyOf(text, list(text)),
}

const pair = object({ name: anyOf(text, { type: 'integer' }), value })
const pairs = byName(reference('NameValue'))
const entries = list(reference('Entry'))
const sum: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{32}$' }

/** What methods answer. */
const answerSchemas: JsonSchemas = {
  LoginAnswer: object({
    id: reference('Session'),
    module_name: { type: 'string', enum: ['Users'] },
    name_value_list: pairs,
  }),
  Nothing: { type: 'object', nullable: true, enum: [null] },
  UserId: id,
  SeamlessLogin: { type: 'integer', enum: [0, 1] },
  ServerInfo: object({ flavor: text, version: text, suitecrm_version: text, gmt_time: text }),
  EntryAnswer: object({ entry_list: entries, relationship_list: list(reference('Links')) }),
  EntriesAnswer: object({ entry_list: entries, relationship_list: list(reference('LinkList')) }),
  EntryListAnswer: object({
    result_count: count,
    total_count: anyOf({ type: 'string', pattern: String.raw`^\d+$` }, { type: 'integer', enum: [0] }),
    next_offset: count,
    entry_list: entries,
    relationship_list: list(reference('LinkList')),
  }),
  CountAnswer: object({ result_count: { type: 'string', pattern: String.raw`^\d+$` } }),
  SavedEntry: {
    ...object({ id, entry_list: pairs }),
    nullable: true,
    description: 'Nothing is saved, and null answered, for an id that can be none.',
  },
  SavedEntries: object({ ids: list(id) }),
  RelationCounts: object({ created: count, failed: count, deleted: count }),
  ModifiedRelationships: object(
    {
      result_count: count,
      next_offset: count,
      field_list: anything,
      entry_list: list(object({ id: text, module_name: text, name_value_list: pairs })),
      error: reference('Fault'),
    },
    ['field_list'],
  ),
  ModuleFields: object({
    module_name: text,
    table_name: text,
    module_fields: byName(reference('FieldInfo')),
    link_fields: byName(reference('LinkInfo')),
  }),
  CheckSums: { type: 'object', additionalProperties: sum },
  AvailableModules: object({ modules: list(reference('AvailableModule')) }),
  ModuleLayout: byName(byName(byName(anyOf({ type: 'object' }, nothing, sum)))),
  LayoutCheckSums: object({ md5: byName(byName(byName(sum))) }),
  LanguageDefinition: byName(anyOf({ type: 'object' }, nothing, sum)),
  LastViewed: list(
    object({ item_id: id, id: text, item_summary: text, module_name: text, monitor_id: text, date_modified: text }),
  ),
  UpcomingActivities: list(object({ id, module: text, date_due: text, summary: text })),
  SearchAnswer: object({ entry_list: list(object({ name: text, records: list(pairs) })) }),
  SavedId: object({ id }),
  NoteAttachmentAnswer: object({
    note_attachment: object({
      ...file,
      related_module_id: { ...id, nullable: true },
      related_module_name: { type: 'string', nullable: true },
    }),
  }),
  DocumentRevisionAnswer: object({ document_revision: object({ ...file, document_name: text, revision: text }) }),
  JobAnswer: object({ results: anyOf({ type: 'string', nullable: true }, { type: 'boolean' }), message: text }, [
    'message',
  ]),
  OAuthAnswer: object({ id: reference('Session') }),
}

/** What answers are made of. */
const partSchemas: JsonSchemas = {
  Fault: {
    ...object({
      name: text,
      number: {
        ...anyOf({ type: 'integer' }, { type: 'string', enum: ['-1'] }),
        description: '10 and 11 ask for a new login; 40 is a lack of access, or a query that is not understood.',
      },
      description: text,
    }),
    description: 'An error. Its HTTP status is 200 wherever the caller caused it.',
  },
  NameValue: pair,
  Warning: { ...list(pair), minItems: 1, description: 'Instead of a record that does not exist.' },
  Links: list(object({ name: text, records: list(pairs) })),
  LinkList: object({ link_list: list(object({ name: text, records: list(object({ link_value: pairs })) })) }),
  FieldInfo: object(
    {
      name: text,
      type: text,
      group: text,
      id_name: text,
      parentenum: text,
      label: text,
      required: { type: 'integer', enum: [0, 1] },
      options: anyOf(pairs, list(reference('NameValue'))),
      related_module: text,
      calculated: { type: 'boolean' },
      len: anyOf(text, { type: 'integer' }),
      default_value: value,
      type_name: text,
    },
    ['parentenum', 'default_value', 'type_name'],
  ),
  LinkInfo: object({
    name: text,
    type: { type: 'string', enum: ['link'] },
    group: text,
    id_name: text,
    relationship: text,
    module: text,
    bean_name: text,
  }),
  AvailableModule: object({
    module_key: text,
    module_label: text,
    favorite_enabled: { type: 'boolean' },
    acls: list(object({ action: text, access: { type: 'boolean' } })),
  }),
  Envelope: {
    type: 'object',
    required: ['method', 'input_type', 'response_type', 'rest_data'],
    properties: {
      method: { type: 'string', enum: Object.keys(methods) },
      input_type: { type: 'string', enum: ['JSON'] },
      response_type: { type: 'string', enum: ['JSON'] },
      rest_data: { type: 'string', description: 'The arguments of the method in their order, as JSON.' },
    },
  },
}
