import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { examples } from '../../../rest-compat/v4_1/examples.ts'
import { answeredFields, answeredName } from '../../../rest-compat/v4_1/fields.ts'
import { methods } from '../../../rest-compat/v4_1/methods.ts'
import { parametersOf } from '../../../rest-compat/v4_1/view.ts'
import { coreCatalog } from '../../../schema/catalog.ts'
import { before, envelope, expectTaken, failing, openApi, page, routes, sessionId } from './door.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('the OpenAPI document', () => {
  it('has every method, with its arguments', () => {
    expect(routes.methods.toSorted()).toEqual(Object.keys(methods).toSorted())
    expect(Object.keys(openApi.paths).toSorted()).toEqual(
      ['/rest.php', ...Object.keys(methods).map(name => `/${name}`)].toSorted(),
    )
    for (const name of routes.methods) {
      expect(openApi.paths[`/${name}`]?.post).toHaveProperty(
        ['requestBody', 'content', 'application/json', 'schema', 'properties'],
        Object.fromEntries((parametersOf.get(name) ?? []).map(parameter => [parameter.name, expect.any(Object)])),
      )
    }
  })

  it('names every field that the records of every module answer', () => {
    for (const module of coreCatalog.modules) {
      const { properties } = openApi.components.schemas[`${module.graphql.type}Values`] ?? { properties: {} }
      const names = answeredFields(module, 'v4_1', []).map(answeredName)
      expect(Object.keys(properties).toSorted(), module.name).toEqual([...new Set(names)].toSorted())
    }
  })

  it.each(Object.entries(examples))('has an example of %s that it would take', (name, { args }) => {
    expectTaken(name, args)
  })

  it('passes redocly lint without a warning', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'switchyard-openapi-'))
    const file = path.join(dir, 'openapi.json')
    writeFileSync(file, routes.openApi)
    const redocly = fileURLToPath(new URL('../../../node_modules/.bin/redocly', import.meta.url))
    try {
      const found = execFileSync(redocly, ['lint', '--format=json', file], {
        ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      })
      expect(JSON.parse(found)).toMatchObject({ totals: { errors: 0, warnings: 0 } })
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})

describe('an address of a method', () => {
  const graph = () => page([{ id: 'a', name: 'Ä/B "c"' }])
  const { door, send } = before(graph)
  const caller = { door, visitor: { version: 'v4_1', ip: '192.0.2.1' } } as const
  const args = {
    ...{ session: sessionId, module_name: 'Accounts', query: "name = 'x'", order_by: '', offset: 0 },
    ...{ select_fields: ['id', 'name'], link_name_to_fields_array: [], max_results: 5, deleted: 0 },
  }

  it('answers arguments by name, in any order, just as rest.php answers them in order', async () => {
    const named = Object.fromEntries(Object.entries(args).reverse())

    const { status, body } = await routes.answer('get_entry_list', bytes(JSON.stringify(named)), caller)
    const { body: expected } = await send({ form: envelope('get_entry_list', Object.values(args)) })

    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual(JSON.parse(expected))
  })

  it('needs no more than what has no default', async () => {
    const { body } = await routes.answer('get_server_info', bytes(''), caller)
    const lacking = await routes.answer('get_user_id', bytes('{}'), caller)

    expect(JSON.parse(body)).toMatchObject({ flavor: 'CE', gmt_time: '2030-01-01 12:00:00' })
    expect(JSON.parse(lacking.body)).toMatchObject({ number: 1001 })
  })

  it.each([
    ['no JSON', '{'],
    ['an argument of another type', '{"session":"x","module_name":{},"id":"a"}'],
    ['a NUL', `{"session":"${'\\u0000'}"}`],
  ])('refuses %s', async (_case, body) => {
    const { status, body: answered } = await routes.answer('get_entry', bytes(body), caller)

    expect(status).toBe(400)
    expect(JSON.parse(answered)).toMatchObject({ number: 1001 })
  })

  it.each(['null', '[]', '1', '"x"', '{"__proto__":{"session":"x"}}'])('takes %s for no arguments', async body => {
    const { status, body: answered } = await routes.answer('get_user_id', bytes(body), caller)

    expect([status, (JSON.parse(answered) as { number: number }).number]).toEqual([body === 'null' ? 400 : 200, 1001])
  })

  it('asks to come again while the graph is not available', async () => {
    const { door } = before(() => failing('UNAVAILABLE'))

    const answer = await routes.answer('get_entry_list', bytes(JSON.stringify(args)), { ...caller, door })

    expect(answer).toMatchObject({ status: 503, headers: { 'Retry-After': '5' } })
  })

  it('leads to methods only', async () => {
    for (const name of ['webhook', 'webhook/1', 'openapi.json', 'docs', '../x', 'constructor']) {
      await expect(routes.answer(name, bytes('{"url":"http://192.0.2.1"}'), caller)).rejects.toThrow('is no method')
    }
  })
})
