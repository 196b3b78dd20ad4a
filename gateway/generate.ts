import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSchema, printSchema } from 'graphql'
import { StartupError } from '../drizzle/startup-error.ts'
import { createMethodRoutes } from '../rest-compat/v4_1/method-routes.ts'
import { v8Versions } from './v8-versions.ts'
import { asyncApiOf } from '../schema/asyncapi.ts'
import { coreCatalog } from '../schema/catalog.ts'
import { scopesPage } from './policy/page.ts'
import { demandRules, rulesOf, withoutField } from './policy/rules.ts'
import { compose } from './supergraph/compose.ts'
import { definitionsOf } from './supergraph/graph.ts'
import { openApi } from './supergraph/supergraph.ts'

const folder = fileURLToPath(new URL('../schema/', import.meta.url))

/** Breaking changes that are meant: one a line, the path as the check names it, then why. */
const allowedFile = path.join(folder, 'breaking-changes.txt')

/** What is generated from the definitions and committed: text by name below `schema/`. */
async function generated(): Promise<Record<string, string>> {
  const supergraph = compose(definitionsOf(coreCatalog))
  const api = await openApi(supergraph)
  demandRules(api, coreCatalog)
  const idle = withoutField(api, rulesOf(coreCatalog))
  if (idle.length > 0)
    throw new StartupError(`gateway/policy/rules.ts names fields that do not exist: ${idle.join(', ')}`)
  const ofV8 = await Promise.all(
    v8Versions.map(
      async ({ file, create }) => [`openapi/${file}.json`, jsonText((await create(coreCatalog)).openApi)] as const,
    ),
  )
  const legacy = await createMethodRoutes(coreCatalog)
  return {
    'supergraph.graphql': `${supergraph.trimEnd()}\n`,
    'api.graphql': `${printSchema(api)}\n`,
    'scopes.md': scopesPage(api, coreCatalog),
    ...Object.fromEntries(ofV8),
    'asyncapi.json': jsonText(asyncApiOf(coreCatalog)),
    'openapi/v4_1.json': jsonText(JSON.parse(legacy.openApi)),
  }
}

const jsonText = (value: unknown) => `${JSON.stringify(value, undefined, 1)}\n`

export type Generated = {
  /** Files that are not as the definitions make them; written anew unless only checked. */
  readonly stale: readonly string[]
  /** Changes that would break clients and are not named in schema/breaking-changes.txt. */
  readonly breaking: readonly string[]
}

/**
 * Generates what is committed: the supergraph, the API schema, the OpenAPI and AsyncAPI documents and the page of scopes
 * of the core catalog.
 *
 * Nothing is written when a change would break clients, until the change is named in schema/breaking-changes.txt.
 *
 * @param check  only compare
 * @throws Error  a field has no rule of who may ask for it, or a rule no field
 */
export async function generate({ check }: { check: boolean }): Promise<Generated> {
  const files = await generated()
  const committed = new Map(
    await Promise.all(Object.keys(files).map(async name => [name, await textIn(path.join(folder, name))] as const)),
  )
  const stale = Object.keys(files).filter(name => committed.get(name) !== files[name])
  const before = committed.get('api.graphql')
  const breaking =
    before && stale.includes('api.graphql')
      ? await unnamedBreaks(before, files['api.graphql'] ?? '', (await textIn(allowedFile)) ?? '')
      : []
  if (!check && breaking.length === 0) {
    for (const name of stale) await write(path.join(folder, name), files[name] ?? '')
  }
  return { stale, breaking }
}

/**
 * The changes from one API schema to another that break clients.
 *
 * @param allowed  lines that begin with the path of a change that is meant
 */
export async function unnamedBreaks(before: string, after: string, allowed: string): Promise<string[]> {
  const { diff, CriticalityLevel } = await inspector()
  const named = new Set(allowed.split('\n').map(line => line.split(/\s/, 1)[0]))
  const changes = await diff(buildSchema(before), buildSchema(after))
  return changes
    .filter(({ criticality, path: at }) => criticality.level === CriticalityLevel.Breaking && !named.has(at))
    .map(({ path: at, message }) => `${at ?? ''}  ${message}`)
}

/** Only developers have it. */
async function inspector() {
  try {
    return await import('@graphql-inspector/core')
  } catch (cause) {
    throw new StartupError('@graphql-inspector/core is missing: run "npm ci" with development packages.', { cause })
  }
}

const textIn = (file: string) => readFile(file, 'utf8').catch(() => undefined)

async function write(file: string, text: string) {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text)
}
