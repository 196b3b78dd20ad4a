import { auditedFields } from './audited.ts'
import type { Catalog } from './catalog.ts'
import { derivationOf } from './derive.ts'
import { exampleOf } from './event-example.ts'
import { isStored, type Field } from './field.ts'
import { scalarOf, type Scalar } from './graphql-types.ts'
import type { Module } from './module.ts'
import { platformSubjects } from './platform-subjects.ts'

/** JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A kind of event: something that can happen to something. */
export type EventType = {
  /** `Accounts.created`, `identity.client.created`. */
  readonly name: string
  /** A module, or what of the platform. */
  readonly subject: string
  readonly verb: string
  readonly version: number
  readonly description: string
  /** Of the fields that its `changes` can name. Events of one subject share it. */
  readonly changes: JsonSchema
  /** Names of the links, where it tells of a pair. */
  readonly links?: readonly string[]
}

/** The version of the form of all events. */
export const eventVersion = 1

export const recordVerbs = ['created', 'updated', 'deleted', 'related', 'unrelated'] as const

const known = new WeakMap<Catalog, ReadonlyMap<string, EventType>>()

/** Every type of event that there is in an installation, by name: those of its modules, and the platform's own. */
export function eventTypesOf(catalog: Catalog): ReadonlyMap<string, EventType> {
  let types = known.get(catalog)
  if (!types) {
    const all = [...catalog.modules.flatMap(module => typesOfModule(catalog, module)), ...platformTypes()]
    known.set(catalog, (types = new Map(all.map(type => [type.name, type]))))
  }
  return types
}

function typesOfModule(catalog: Catalog, module: Module): readonly EventType[] {
  const changes = recordChanges(catalog, module)
  const links = [...catalog.links(module).values()].filter(({ via }) => via.kind === 'join').map(({ name }) => name)
  const described = {
    created: `A record of ${module.name} was made`,
    updated: `Fields of a record of ${module.name} have changed`,
    deleted: `A record of ${module.name} was deleted`,
    related: `A record of ${module.name} was linked to another record, or what the link says has changed`,
    unrelated: `A record of ${module.name} is no longer linked to another record`,
  }
  return recordVerbs.flatMap(verb => {
    const isPair = verb === 'related' || verb === 'unrelated'
    if (isPair && links.length === 0) return []
    const type = { subject: module.name, verb, version: eventVersion, description: described[verb] }
    return [{ name: `${module.name}.${verb}`, ...type, changes: isPair ? none : changes, ...(isPair && { links }) }]
  })
}

const platformTypes = (): readonly EventType[] =>
  [...platformSubjects].flatMap(([subject, { verbs, audited, relatedAs }]) => {
    const names = [...(audited ? auditedFields[audited] : []), ...(relatedAs ? [relatedAs] : [])]
    const changes = { type: 'object', properties: Object.fromEntries(names.map(name => [name, change({})])) }
    return Object.entries(verbs).map(([verb, description]) => ({
      name: `${subject}.${verb}`,
      ...{ subject, verb, version: eventVersion, description, changes },
    }))
  })

/** Fields of a record that its events tell: its columns, and what belongs to it elsewhere. Secrets are never among them. */
export const eventFields = (catalog: Catalog, module: Module): readonly string[] =>
  Object.entries(module.fields).flatMap(([name, field]) => {
    if (name === 'id' || field.sensitive) return []
    const { kind } = derivationOf(catalog, module, name) ?? {}
    return isStored(field) || kind === 'email' || kind === 'emailText' ? [name] : []
  })

// ---------------------------------------------------------------------------------------------------- JSON Schema

/** The whole schema of an event as it is read at `/events` and sent by webhooks. */
export const eventSchema = (type: EventType): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: type.name,
  description: `${type.description}.`,
  ...payloadOf(type, type.changes, originSchema),
  examples: [exampleOf(type)],
})

/** The form of an event of a type, whose parts may be told elsewhere. */
export const payloadOf = ({ name, subject, version, links }: EventType, changes: JsonSchema, origin: JsonSchema) => ({
  type: 'object',
  required: ['id', 'type', 'version', 'time', 'record', 'sequence', 'changes', 'origin'],
  properties: {
    id: { type: 'string' },
    type: { const: name },
    version: { const: version },
    time: { type: 'string', format: 'date-time' },
    record: {
      type: 'object',
      required: ['module', 'id'],
      properties: { module: { const: subject }, id: { type: 'string' } },
      additionalProperties: false,
    },
    sequence: { type: 'integer', minimum: 1, description: 'Counts the events of what `record` names, without gaps.' },
    changes,
    ...(links && { link: linkSchema(links) }),
    origin,
    leftSight: { const: true, description: 'The record has left your sight; `changes` is empty.' },
    cursor: { type: 'string', description: 'Where to go on behind this event; at /events only.' },
  },
  additionalProperties: false,
  // What is linked is not told of a record that has left one's sight.
  ...(links && { anyOf: [{ required: ['link'] }, { required: ['leftSight'] }] }),
})

const text = { type: 'string' }

export const originSchema: JsonSchema = {
  type: 'object',
  description: 'Who did it, by what.',
  required: ['userId', 'requestId'],
  properties: { userId: text, clientId: text, keyId: text, connectionId: text, requestId: text, door: text },
  additionalProperties: false,
}

const linkSchema = (names: readonly string[]): JsonSchema => ({
  type: 'object',
  description: 'The link, and the record at its other end.',
  required: ['name', 'relationship', 'module', 'id'],
  properties: { name: { enum: names }, relationship: text, module: text, id: text, values: { type: 'object' } },
  additionalProperties: false,
})

const none: JsonSchema = { type: 'object', properties: {}, additionalProperties: false }

const recordChanges = (catalog: Catalog, module: Module): JsonSchema => ({
  type: 'object',
  description: 'By field: what was and what is. Of a new record `old` is null, of a deleted one `new` is.',
  properties: Object.fromEntries(
    eventFields(catalog, module).map(name => {
      const field: Field = module.fields[name] ?? { kind: 'varchar' }
      const options = field.options === undefined ? [] : Object.keys(catalog.lists.get(field.options) ?? {})
      const isChosen = field.kind === 'enum' && options.length > 0
      const value = { ...byScalar[scalarOf(catalog, module, name)], ...(isChosen && { examples: options }) }
      return [name, { ...(field.label && { title: field.label }), ...change(value) }]
    }),
  ),
  additionalProperties: false,
})

const change = (value: JsonSchema): JsonSchema => ({
  type: 'object',
  required: ['old', 'new'],
  properties: { old: value, new: value },
  additionalProperties: false,
})

/** As the APIs write values; nothing has to hold something. */
const byScalar: Readonly<Record<Scalar, JsonSchema>> = {
  ID: { type: ['string', 'null'] },
  String: { type: ['string', 'null'], maxLength: 32_769 },
  Boolean: { type: ['boolean', 'null'] },
  Int: { type: ['integer', 'null'] },
  Float: { type: ['number', 'null'] },
  Decimal: { type: ['string', 'null'], pattern: String.raw`^-?\d+(\.\d+)?$` },
  Date: { type: ['string', 'null'], format: 'date' },
  DateTime: { type: ['string', 'null'], format: 'date-time' },
  Time: { type: ['string', 'null'], pattern: String.raw`^\d\d:\d\d(:\d\d)?$` },
}
