import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { coreCatalog } from '../../../schema/catalog.ts'
import { createV8_1Door } from '../../../rest-compat/v8_1/door.ts'
import type { OpenApi } from './house.ts'

const file = fileURLToPath(new URL('../../../schema/openapi/v8_1.json', import.meta.url))
const { openApi } = await createV8_1Door(coreCatalog)
const document = openApi as unknown as OpenApi

describe('the OpenAPI document of 8.1', () => {
  it('is the one that is committed', () => {
    expect(JSON.parse(JSON.stringify(openApi))).toEqual(JSON.parse(readFileSync(file, 'utf8')))
  })

  it('passes redocly lint without a warning', () => {
    const redocly = fileURLToPath(new URL('../../../node_modules/.bin/redocly', import.meta.url))
    const found = execFileSync(redocly, ['lint', '--format=json', file], {
      encoding: 'utf8',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })

    expect((JSON.parse(found) as { problems: unknown[] }).problems).toEqual([])
  }, 60_000)

  it('has examples that are as its schemas say', () => {
    const ajv = new Ajv2020({ strict: false, logger: false })
    ajv.addSchema({ $id: 'v8', ...JSON.parse(JSON.stringify(openApi).replaceAll('#/components/', 'v8#/components/')) })
    const contents = examplesIn(document.paths)

    const wrong = contents.filter(({ schema, example }) => {
      const named = JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"v8#/components/')) as object
      return !ajv.compile(named)(example)
    })

    expect(contents.length).toBeGreaterThan(10)
    expect(wrong).toEqual([])
  })

  it('names every module', () => {
    const { schemas } = document.components

    for (const { graphql } of coreCatalog.modules)
      expect(Object.keys(schemas)).toEqual(
        expect.arrayContaining([graphql.type, `New${graphql.type}`, `Changed${graphql.type}`]),
      )
  })
})

/** Every content of a document that has an example. */
function examplesIn(value: unknown): { schema: object; example: unknown }[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap(examplesIn)
  const isContent = 'schema' in value && 'example' in value && !('in' in value)
  return isContent ? [value as { schema: object; example: unknown }, ...inner] : inner
}
