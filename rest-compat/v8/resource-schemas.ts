import type { Catalog } from '../../schema/catalog.ts'
import { isLink, isStored, type Field } from '../../schema/field.ts'
import type { Scalar } from '../../schema/graphql-types.ts'
import type { Module } from '../../schema/module.ts'
import { relationshipLinks } from './links.ts'
import type { Views } from './views.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

export const reference = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })

/** The names of one module's schemas. */
export const schemaNames = ({ graphql: { type } }: Module) => ({
  resource: type,
  related: `Related${type}`,
  attributes: `${type}Attributes`,
  input: `${type}Input`,
})

/** What a module's records look like, and what can be said of them on input. */
export function resourceSchemas(views: Views, module: Module): Readonly<Record<string, JsonSchema>> {
  const names = schemaNames(module)
  const shared = {
    type: { type: 'string', enum: [module.objectName] },
    id: { type: 'string', maxLength: 36, example: exampleId },
    attributes: { anyOf: [reference(names.attributes), { type: 'array', maxItems: 0, items: {} }] },
  }
  return {
    [names.attributes]: attributesSchema(views, module),
    [names.resource]: {
      type: 'object',
      description: `A record of the module ${module.name}.`,
      required: ['type', 'id', 'attributes', 'relationships'],
      additionalProperties: false,
      properties: { ...shared, relationships: relationshipsSchema(module) },
    },
    [names.related]: {
      type: 'object',
      description: `A record of the module ${module.name}, found over a link.`,
      required: ['type', 'id', 'attributes', 'links'],
      additionalProperties: false,
      properties: {
        ...shared,
        links: {
          type: 'object',
          required: ['self'],
          properties: { self: { type: 'string', example: `V8/module/${module.objectName}/${exampleId}` } },
        },
      },
    },
    [names.input]: inputSchema(views, module),
  }
}

export const exampleId = '00000000-0000-4000-8000-000000000001'

function attributesSchema(views: Views, module: Module): JsonSchema {
  const { outputs } = views.graph(module)
  const shown = Object.entries(module.fields).filter(
    ([name, field]) => name !== 'id' && field.visible !== false && !field.sensitive,
  )
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      shown.map(([name, field]) => [name, { ...described(field), ...shownSchema(name, field, outputs.get(name)) }]),
    ),
  }
}

const described = ({ label, comment, deprecated }: Field): JsonSchema => {
  const text = [label?.replace(/:$/, ''), comment].filter(Boolean).join('. ')
  return { ...(text !== '' && { description: text }), ...(deprecated && { deprecated: true }) }
}

/** How an attribute is answered: text, but for flags that were never set, reminders, and links that were followed. */
function shownSchema(name: string, field: Field, scalar: Scalar | undefined): JsonSchema {
  if (isLink(field))
    return {
      anyOf: [
        { type: 'string', maxLength: 0 },
        { type: 'object', maxProperties: 0 },
      ],
      example: '',
    }
  if (name.endsWith('reminder_time')) return { anyOf: [{ type: 'string' }, { type: 'integer' }], example: '-1' }
  if (name === 'deleted') return { enum: ['', '0', '1', 0, 1, true], example: '0' }
  if (field.kind === 'bool') return { enum: ['0', '1', '', false, true], example: isStored(field) ? '0' : '' }
  switch (scalar) {
    case 'DateTime':
      return isStored(field)
        ? {
            type: 'string',
            pattern: String.raw`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00)?$`,
            example: '2030-03-04T10:30:00+00:00',
          }
        : { type: 'string', example: '03/04/2030 10:30' }
    case 'Date':
      return { type: 'string', pattern: String.raw`^(\d{4}-\d\d-\d\d)?$`, example: '2030-03-04' }
    case 'Int':
      return { type: 'string', pattern: String.raw`^(-?\d+)?$`, example: '5' }
    case 'Float':
    case 'Decimal':
      return { type: 'string', pattern: String.raw`^(-?\d+(\.\d+)?(e-?\d+)?)?$`, example: '1234.5' }
    default:
      return { type: 'string', example: '' }
  }
}

function relationshipsSchema(module: Module): JsonSchema {
  const links = relationshipLinks(module)
  if (links.length === 0) return { type: 'array', maxItems: 0, items: {} }
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(links.map(([name]) => [name, reference('RelationshipLinks')])),
  }
}

function inputSchema(views: Views, module: Module): JsonSchema {
  const { inputs } = views.graph(module)
  return {
    type: 'object',
    description: `Attributes of a record of ${module.name}. Others that the module has are accepted and have no effect.`,
    properties: Object.fromEntries(
      [...inputs]
        .filter(([name]) => name !== 'id')
        .map(([name, scalar]) => {
          const field = module.fields[name]
          return [name, { ...(field ? described(field) : {}), ...givenSchema(scalar) }] as const
        }),
    ),
  }
}

const text = { type: 'string', nullable: true }

function givenSchema(scalar: Scalar): JsonSchema {
  switch (scalar) {
    case 'Boolean':
      return { anyOf: [{ type: 'boolean', nullable: true }, { type: 'string' }, { type: 'integer' }], example: true }
    case 'Int':
      return { anyOf: [{ type: 'integer', nullable: true }, { type: 'string' }], example: 5 }
    case 'Float':
    case 'Decimal':
      return { anyOf: [{ type: 'number', nullable: true }, { type: 'string' }], example: 1234.5 }
    case 'DateTime':
      return { ...text, example: '2030-03-04T10:30:00+00:00' }
    case 'Date':
      return { ...text, example: '2030-03-04' }
    case 'Time':
      return { ...text, example: '10:30:00' }
    case 'ID':
    case 'String':
      return { anyOf: [text, { type: 'number' }, { type: 'boolean' }], example: '' }
  }
}

/** The modules in a fixed order, each once by the name that records answer as their type. */
export const describedModules = ({ modules }: Catalog): readonly Module[] =>
  [...new Map(modules.map(module => [module.objectName, module])).values()].sort((a, b) => (a.name < b.name ? -1 : 1))
