import type { Catalog } from '../../schema/catalog.ts'
import { isStored, type Field } from '../../schema/field.ts'
import { scalarOf, type Scalar } from '../../schema/graphql-types.ts'
import { isInput } from '../../schema/input.ts'
import type { Module } from '../../schema/module.ts'
import { computedOf } from './computed.ts'
import { answeredFields, answeredName } from './fields.ts'
import { anyOf, nothing, object, reference, text, type JsonSchema, type JsonSchemas } from './json-schema.ts'

/** The names of one module's schemas. */
export const schemaNames = ({ graphql: { type } }: Module) => ({
  entry: `${type}Entry`,
  values: `${type}Values`,
  input: `${type}Input`,
})

/** What a module's records look like, and what they can be given. */
export function moduleSchemas(catalog: Catalog, module: Module): JsonSchemas {
  const names = schemaNames(module)
  return {
    [names.entry]: {
      ...object({
        id: { type: 'string', nullable: true },
        module_name: { type: 'string', enum: [module.name] },
        name_value_list: anyOf(reference(names.values), nothing, reference('Warning')),
      }),
      description: `A record of the module ${module.name}.`,
    },
    [names.values]: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(
        answeredFields(module, 'v4_1', []).map(key => [answeredName(key), pairSchema(catalog, module, key)]),
      ),
    },
    [names.input]: {
      type: 'object',
      description: `Values for a record of ${module.name}. Names of no field have no effect; nothing is required.`,
      properties: Object.fromEntries(
        Object.entries(module.fields)
          .filter(([name]) => isInput(catalog, module, name))
          .map(([name, field]) => [name, { ...described(field), ...givenSchema(scalarOf(catalog, module, name)) }]),
      ),
    },
  }
}

const described = ({ label, comment, deprecated }: Field): JsonSchema => {
  const words = [label?.replace(/:$/, ''), comment].filter(Boolean).join('. ')
  return { ...(words !== '' && { description: words }), ...(deprecated && { deprecated: true }) }
}

function pairSchema(catalog: Catalog, module: Module, key: string): JsonSchema {
  const name = answeredName(key)
  const field = module.fields[key]
  return {
    ...(field ? described(field) : {}),
    ...object({ name: { type: 'string', enum: [name] }, value: valueSchema(catalog, module, key) }),
    example: { name, value: '' },
  }
}

/** Nearly everything is text. Derived values can be blanks in lists. */
function valueSchema(catalog: Catalog, module: Module, name: string): JsonSchema {
  const field = module.fields[name]
  if (computedOf(module, name)) return anyOf(text, { type: 'boolean' }, { type: 'integer' })
  if (!field || !isStored(field)) return text
  // A number of records that do not exist yet. @see fresh.ts
  if (name === 'deleted') return anyOf({ type: 'string', ...forms.Boolean }, { type: 'integer', enum: [0] })
  return { type: 'string', ...forms[scalarOf(catalog, module, name)] }
}

const matching = (form: string): JsonSchema => ({ pattern: `^(${form})?$` })

const forms = {
  ID: {},
  String: {},
  Boolean: matching('[01]'),
  Int: matching(String.raw`-?\d+`),
  Float: matching(String.raw`-?\d+(\.\d+)?(e-?\d+)?`),
  Decimal: matching(String.raw`-?\d+(\.\d+)?`),
  Date: matching(String.raw`\d{4}-\d\d-\d\d( 00:00:00)?`),
  DateTime: matching(String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`),
  Time: matching(String.raw`\d\d:\d\d:\d\d`),
} satisfies Record<Scalar, JsonSchema>

function givenSchema(scalar: Scalar): JsonSchema {
  const nullable = { type: 'string', nullable: true }
  switch (scalar) {
    case 'Boolean':
      return { ...anyOf(nullable, { type: 'boolean' }, { type: 'integer' }), example: '1' }
    case 'Int':
      return { ...anyOf(nullable, { type: 'integer' }), example: 5 }
    case 'Float':
    case 'Decimal':
      return { ...anyOf(nullable, { type: 'number' }), example: 1234.5 }
    case 'DateTime':
      return { ...nullable, example: '2030-03-04 10:30:00' }
    case 'Date':
      return { ...nullable, example: '2030-03-04' }
    case 'Time':
      return { ...nullable, example: '10:30:00' }
    case 'ID':
    case 'String':
      return { ...anyOf(nullable, { type: 'number' }, { type: 'boolean' }), example: '' }
  }
}

/** In a fixed order. */
export const describedModules = ({ modules }: Catalog): readonly Module[] =>
  [...modules].sort((a, b) => (a.name < b.name ? -1 : 1))
