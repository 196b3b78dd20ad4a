import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLInputType,
} from 'graphql'
import type { JsonSchema } from './declaration.ts'
import { propertiesOf } from './validators.ts'

/** The types of JSON that fit a scalar of GraphQL. Others hold text, or a number: dates, decimals. */
const scalars: Readonly<Record<string, readonly string[]>> = {
  Int: ['integer'],
  Float: ['number', 'integer'],
  String: ['string'],
  ID: ['string', 'integer'],
  Boolean: ['boolean'],
  JSON: ['string', 'number', 'integer', 'boolean', 'array', 'object'],
}
const otherScalars = ['string', 'number', 'integer']

/**
 * Why what a schema lets through may be no value of a type; undefined when it always is one. Formats and ranges are left
 * to the operation.
 *
 * @param root  where `$ref` of the schema leads: `#/$defs/...`
 */
export function misfit(type: GraphQLInputType, given: JsonSchema, root: JsonSchema): string | undefined {
  const schema = followed(given, root)
  if (!schema) return `has a $ref that leads nowhere in its schema`
  const types = typesOf(schema)
  if (types.length === 0) return `does not say its type, and the operation takes ${String(type)}`
  if (isNonNullType(type)) {
    return types.includes('null')
      ? `may be null, and the operation takes ${String(type)}`
      : misfit(type.ofType, schema, root)
  }
  const kinds = types.filter(each => each !== 'null')
  const wrong = (expected: readonly string[]) =>
    kinds.every(kind => expected.includes(kind))
      ? undefined
      : `is ${kinds.join(' or ')}, and the operation takes ${String(type)}`
  if (isListType(type)) {
    const { items } = schema
    if (typeof items !== 'object' || items === null) return wrong(['array']) ?? 'does not say its items'
    return wrong(['array']) ?? misfit(type.ofType, items as JsonSchema, root)
  }
  if (isEnumType(type)) {
    const values = Array.isArray(schema.enum) ? (schema.enum as unknown[]) : 'const' in schema ? [schema.const] : []
    const names = new Set(type.getValues().map(({ name }) => name))
    const strange = values.filter(value => value !== null && !names.has(String(value)))
    if (values.length === 0) return `has to list the values of ${type.name} with enum: ${[...names].join(', ')}`
    return strange.length > 0 ? `may be ${strange.join(', ')}, which ${type.name} does not have` : undefined
  }
  if (!isInputObjectType(type)) return wrong(scalars[type.name] ?? otherScalars)

  const fields = type.getFields()
  const required = new Set(Array.isArray(schema.required) ? (schema.required as unknown[]) : [])
  const properties = Object.entries(propertiesOf(schema))
  const fromProperties = properties.map(([name, property]) => {
    const field = fields[name]
    if (!field) return `has ${name}, which ${type.name} does not have`
    const fault = misfit(field.type, property, root)
    return fault && `${name} ${fault}`
  })
  const fromFields = Object.values(fields)
    .filter(field => isRequiredInputField(field) && !required.has(field.name))
    .map(field => `has to require ${field.name}, which ${type.name} needs`)
  return wrong(['object']) ?? [...fromProperties, ...fromFields].find(fault => fault !== undefined)
}

/** The schema itself, or where its `$ref` leads. */
function followed(schema: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  const { $ref } = schema
  if (typeof $ref !== 'string') return schema
  const [, name] = /^#\/\$defs\/([\w.-]+)$/.exec($ref) ?? []
  const defs = root.$defs as Readonly<Record<string, JsonSchema>> | undefined
  const found = name === undefined ? undefined : defs?.[name]
  return found && typeof found.$ref !== 'string' ? found : undefined
}

/** What a schema says or, by its values, means. */
function typesOf({ type, enum: values, const: value }: JsonSchema): readonly string[] {
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.map(String)
  const listed = Array.isArray(values) ? (values as unknown[]) : value === undefined ? [] : [value]
  return [...new Set(listed.map(each => (each === null ? 'null' : Array.isArray(each) ? 'array' : typeof each)))]
}
