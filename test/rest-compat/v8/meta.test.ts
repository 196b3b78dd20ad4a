import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { coreCatalog } from '../../../schema/catalog.ts'
import { attributesOf, before, detailOf, openApi } from './door.ts'

const { ask } = before(() => ({ data: { r: { access: false } } }), { isAdmin: false, userId: 'plain' })

describe('what there is', () => {
  it('lists modules by label, the same for everybody', async () => {
    const attributes = attributesOf(await ask('GET', '/meta/modules'))

    expect(Object.keys(attributes).slice(0, 3)).toEqual(['Accounts', 'Calls', 'Campaigns'])
    expect(attributes).toMatchObject({
      Emails: {
        label: 'Emails',
        access: ['access', 'delete', 'edit', 'export', 'import', 'list', 'massupdate', 'view'],
      },
    })
  })

  it('tells the fields of a module that is open to the user', async () => {
    const open = before(() => ({ data: { r: { access: true } } }), { isAdmin: false })
    const closed = 'Not Allowed] The API user does not have access to this module.'

    const attributes = attributesOf(await open.ask('GET', '/meta/fields/Tasks'))

    expect(Object.entries(attributes)[0]).toEqual([
      'id',
      { vname: 'LBL_ID', type: 'id', required: true, comment: 'Unique identifier', dbType: 'id' },
    ])
    for (const name of ['Tasks', 'Users', 'Account', 'Nope'])
      expect(detailOf(await ask('GET', `/meta/fields/${name}`))).toContain(closed)
  })

  it.each(['Accounts', 'Contacts', 'Calls', 'AOS_Quotes'])('tells how %s are listed and searched', async name => {
    const columns = JSON.parse((await ask('GET', `/listview/columns/${name}`)).body) as { fieldName: string }[]
    const attributes = attributesOf(await ask('GET', `/search-defs/module/${name}`))

    expect(columns.map(({ fieldName }) => fieldName)).toContain('NAME')
    expect(Object.keys(attributes)).toEqual(['module', 'templateMeta', 'basic', 'advanced', 'fields'])
    expect(detailOf(await ask('GET', '/listview/columns/Nope'))).toBe(
      "List view definition is not found for module 'Nope'",
    )
  })

  it("keeps a user's preferences from other users", async () => {
    const own = before(() => ({ data: { r: { global: { timezone: null, hide_tabs: [] } } } }), {
      isAdmin: false,
      userId: '7',
    })

    expect((await own.ask('GET', '/user-preferences/7')).json()['data']).toEqual({
      ...{ type: 'UserPreference', id: '7', attributes: { global: { timezone: null, hide_tabs: [] } } },
    })
    expect((await own.ask('GET', '/user-preferences/1')).status).toBe(400)
    expect(own.asked).toHaveLength(1)
  })
})

describe('the OpenAPI document', () => {
  it('names every attribute of every module', () => {
    const { schemas } = openApi['components'] as { schemas: Record<string, { properties: object }> }

    for (const { name, graphql, fields } of coreCatalog.modules) {
      const shown = Object.keys(fields).filter(
        field => field !== 'id' && fields[field]?.visible !== false && !fields[field]?.sensitive,
      )
      expect(Object.keys(schemas[`${graphql.type}Attributes`]?.properties ?? {}), name).toEqual(shown)
    }
  })

  it('passes redocly lint without a warning', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'switchyard-openapi-'))
    const file = path.join(dir, 'openapi.json')
    writeFileSync(file, JSON.stringify(openApi))
    const redocly = fileURLToPath(new URL('../../../node_modules/.bin/redocly', import.meta.url))

    try {
      const found = execFileSync(redocly, ['lint', '--format=json', file], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, REDOCLY_TELEMETRY: 'off' },
      })
      expect(JSON.parse(found.slice(found.indexOf('{')))).toMatchObject({ totals: { errors: 0, warnings: 0 } })
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  it('is answered by the door too', async () => {
    expect((await ask('GET', '/meta/swagger.json')).json()).toMatchObject({ openapi: '3.0.3' })
  })
})
