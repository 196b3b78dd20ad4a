import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, type GraphQLSchema } from 'graphql'
import type { Catalog } from '../../schema/catalog.ts'
import { errors } from '../../schema/errors.ts'
import type { Field } from '../../schema/field.ts'
import type { OptionList } from '../../schema/lists.ts'
import { secretsOf } from '../../schema/redact/secrets.ts'
import type { Vocabulary } from '../../schema/redact/value.ts'

type Test = (value: string) => boolean

const made = new WeakMap<GraphQLSchema, Vocabulary>()

/**
 * The vocabulary of a schema. Shown are values that can only be what their field's kind says: options, numbers,
 * moments, ids. Text is not, whatever its field.
 *
 * @param api  the graph of the same catalog
 */
export function vocabularyOf(catalog: Catalog, api: GraphQLSchema): Vocabulary {
  let vocabulary = made.get(api)
  if (!vocabulary) made.set(api, (vocabulary = makeVocabulary(catalog, api)))
  return vocabulary
}

function makeVocabulary(catalog: Catalog, api: GraphQLSchema): Vocabulary {
  const words = new Set([...wordsOfGraph(api), ...structure, ...Object.keys(errors)])
  const tests = new Map<string, Test[]>()
  for (const module of catalog.modules) {
    for (const word of [module.name, module.table, module.objectName, module.beanClass]) words.add(word)
    for (const [name, field] of Object.entries(module.fields)) {
      words.add(name)
      const test = testOf(catalog, field)
      if (test) tests.set(name, [...(tests.get(name) ?? []), test])
    }
  }
  const isWord: Test = value => words.has(value)
  for (const key of keysOfWords) tests.set(key, [isWord])
  for (const key of keysOfCounts) tests.set(key, [isCount])
  tests.set('code', [value => Object.hasOwn(errors, value)])
  const hides = secretsOf(catalog)
  return {
    words,
    hides,
    shows: (key, value) => !hides(key) && (tests.get(key)?.some(test => test(String(value))) ?? false),
  }
}

function testOf(catalog: Catalog, field: Field): Test | undefined {
  switch (field.kind) {
    case 'bool':
      return value => /^(true|false|[01])$/.test(value)
    case 'int':
    case 'float':
    case 'currency':
      return isNumber
    case 'date':
    case 'datetime':
    case 'datetimecombo':
    case 'time':
      return isMoment
    case 'enum':
    case 'dynamicenum':
    case 'multienum':
      return optionsTest(catalog.lists.get(field.options ?? ''))
    case 'id':
    case 'relate':
      return isGuid
    default:
      return undefined
  }
}

function optionsTest(list: OptionList | undefined): Test | undefined {
  const options = list && new Set(Object.keys(list))
  return options && (value => value.split(',').every(each => options.has(each.replace(/^\^(.*)\^$/, '$1'))))
}

/** Longer numbers may be those of cards and accounts. */
const isNumber: Test = value => /^-?\d{1,8}(\.\d{1,6})?$/.test(value)
const isCount: Test = value => /^-?\d{1,6}$/.test(value)
const isMoment: Test = value =>
  /^(\d{4}-\d\d-\d\d)?([T ]?\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(value)
const isGuid: Test = value => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value)

function wordsOfGraph(api: GraphQLSchema): string[] {
  return Object.values(api.getTypeMap()).flatMap(type => {
    if (isObjectType(type) || isInterfaceType(type)) {
      const fields = Object.values(type.getFields())
      return [type.name, ...fields.flatMap(({ name, args }) => [name, ...args.map(arg => arg.name)])]
    }
    if (isInputObjectType(type)) return [type.name, ...Object.keys(type.getFields())]
    if (isEnumType(type)) return [type.name, ...type.getValues().map(({ name }) => name)]
    return [type.name]
  })
}

/** Keys whose values are names of the schema. */
const keysOfWords = [
  ...['type', 'module', 'module_name', 'moduleName', 'modules', 'module_names', 'link_field_name', 'linkFieldName'],
  ...['select_fields', 'fields', 'sort', 'method', 'input_type', 'response_type', 'path', '__typename', 'rule'],
]

const keysOfCounts = ['first', 'last', 'offset', 'max_results', 'deleted', 'size', 'number', 'upTo', 'status']

/** The forms of JSON:API, v4.1, GraphQL over HTTP and OAuth: what stands around the names of the schema. */
const structure = [
  ...['data', 'type', 'id', 'attributes', 'relationships', 'links', 'meta', 'included', 'errors', 'detail', 'title'],
  ...['filter', 'page', 'size', 'number', 'sort', 'fields', 'include', 'eq', 'neq', 'like', 'gt', 'gte', 'lt', 'lte'],
  ...['query', 'variables', 'operationName', 'extensions', 'message', 'locations', 'path', 'code', 'cost'],
  ...['method', 'input_type', 'response_type', 'rest_data', 'JSON', 'user_auth', 'user_name', 'password', 'encryption'],
  ...['application_name', 'name_value_list', 'name_value_lists', 'name', 'value', 'session', 'module_name'],
  ...['module_names', 'select_fields', 'link_field_name', 'link_name_to_fields_array', 'entry_list', 'order_by'],
  ...['relationship_list', 'result_count', 'total_count', 'next_offset', 'number', 'description', 'max_results'],
  ...['offset', 'deleted', 'status', 'related_ids', 'related_fields', 'track_view', 'favorites', 'search_string'],
  ...['modules', 'unified_search_only', 'assigned_user_id', 'requestedQueryCost', 'actualQueryCost', 'self', 'next'],
  ...['prev', 'last', 'first', 'version', 'jsonapi', 'access_token', 'refresh_token', 'token', 'secret', 'client_id'],
  ...['client_secret', 'grant_type', 'scope', 'card', 'card_number', 'cvv', 'iban', 'pin', 'api_key', 'apiKey'],
  ...['authorization', 'credentials', 'username', 'email', 'file', 'filename', 'filecontents', 'note', 'ids', 'input'],
]
