import specs from '@asyncapi/specs'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { asyncApiOf } from '../../schema/asyncapi.ts'
import { auditedFields } from '../../schema/audited.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { exampleOf } from '../../schema/event-example.ts'
import { eventSchema, eventTypesOf } from '../../schema/event-types.ts'
import { platformSubjects, subjectOfAction } from '../../schema/platform-subjects.ts'
import { isScope } from '../../schema/scopes.ts'

const types = eventTypesOf(coreCatalog)
const typeNamed = (name: string) => {
  const type = types.get(name)
  if (!type) throw new Error(`no type ${name}`)
  return type
}

describe('the catalogue of events', () => {
  it('has a type for every module and verb, links only where there are some, and the platform’s own', () => {
    expect([...types.keys()].filter(name => name.startsWith('Accounts.'))).toEqual(
      ['created', 'updated', 'deleted', 'related', 'unrelated'].map(verb => `Accounts.${verb}`),
    )
    for (const { name } of coreCatalog.modules) expect(types.has(`${name}.updated`)).toBe(true)
    expect(types.has('Currencies.related')).toBe(false)
    expect(types.has('identity.client.created')).toBe(true)
  })

  it('gives each an example that fits its schema, and a schema that is one', () => {
    const ajv = new Ajv2020({ strictTypes: false, allErrors: true })
    addFormats.default(ajv)

    for (const type of types.values()) {
      const validate = ajv.compile(eventSchema(type))
      expect(validate(exampleOf(type)), `${type.name} ${ajv.errorsText(validate.errors)}`).toBe(true)
      expect(Object.keys(exampleOf(type).changes).length > 0 || type.links !== undefined, type.name).toBe(true)
    }
  })

  it('refuses what is no such event', () => {
    const ajv = new Ajv2020({ strictTypes: false })
    addFormats.default(ajv)
    const validate = ajv.compile(eventSchema(typeNamed('Accounts.updated')))
    const event = exampleOf(typeNamed('Accounts.updated'))

    expect(validate(event)).toBe(true)
    expect(validate({ ...event, type: 'Accounts.created' })).toBe(false)
    expect(validate({ ...event, changes: { nope: { old: null, new: 'x' } } })).toBe(false)
    expect(validate({ ...event, changes: { name: { old: null, new: 1 } } })).toBe(false)
    expect(validate({ ...event, sequence: 0 })).toBe(false)
  })

  it('names no secret', () => {
    for (const module of coreCatalog.modules) {
      const { changes } = typeNamed(`${module.name}.updated`)
      const named = Object.keys((changes as { properties: object }).properties)
      expect(named.filter(name => module.fields[name]?.sensitive)).toEqual([])
    }
  })
})

describe('what events tell of beside records', () => {
  it('is read with a scope that there is, and audited under one name', () => {
    for (const [name, { scope }] of platformSubjects) expect(isScope(scope), name).toBe(true)
    const audited = [...platformSubjects.values()].flatMap(subject => subject.audited ?? [])
    expect(new Set(audited).size).toBe(audited.length)
  })

  it('is every audited thing whose changes are not those of a record', () => {
    const ofRecordsOnly = ['group', 'currency', 'link']
    const untold = Object.keys(auditedFields).filter(
      name => ![...platformSubjects.values()].some(({ audited }) => audited === name),
    )

    expect(untold).toEqual(ofRecordsOnly)
    expect(subjectOfAction('user.created')).toBeUndefined()
    expect(subjectOfAction('user.password_set')).toMatchObject({ name: 'identity.user', verb: 'password_set' })
    expect(subjectOfAction('user.constructor')).toBeUndefined()
  })
})

it('the AsyncAPI document is one, by the schema of its specification', () => {
  const document = JSON.parse(JSON.stringify(asyncApiOf(coreCatalog, 'https://crm.example/switchyard'))) as object
  const { $id: _, ...specification } = specs.schemas['3.0.0'] as object & { $id: string }
  const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false })
  const validate = ajv.compile(specification)

  expect(validate(document), ajv.errorsText(validate.errors)).toBe(true)
  expect(validate({ ...document, channels: { events: { nope: 1 } } })).toBe(false)
  expect(document).toMatchObject({ servers: { house: { host: 'crm.example', pathname: '/switchyard' } } })
  expect(danglingIn(document)).toEqual([])
})

/** References that lead nowhere. */
function danglingIn(document: object): readonly string[] {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
  const at = (path: string) =>
    path.split('/').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document)
  return [...new Set(references)].filter(path => at(path) === undefined)
}
