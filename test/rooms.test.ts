import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Who may import whom (DESIGN.md, section 3). A subgraph also reaches the siblings named for it. */
const arrows: Record<string, readonly string[]> = {
  schema: [],
  drizzle: ['schema'],
  'rest-compat': ['schema'],
  subgraphs: ['drizzle', 'schema'],
  gateway: ['schema', 'drizzle', 'rest-compat', 'subgraphs'],
  test: ['schema', 'drizzle', 'rest-compat', 'subgraphs', 'gateway'],
}
const siblings: Record<string, readonly string[]> = {
  sync: ['connectors', 'crm'],
  mail: ['connectors', 'crm'],
  webhooks: ['events'],
}

/** Packages that only one room may use: SQL is spoken in drizzle, HTTP at the gateway. */
const onlyIn: Record<string, readonly string[]> = {
  postgres: ['drizzle', 'test'],
  'drizzle-orm': ['drizzle', 'subgraphs', 'test'],
  mysql2: ['drizzle', 'test'],
  fastify: ['gateway', 'test'],
  'oidc-provider': ['gateway', 'test'],
}

/** What git ignores: installed, built, or the data of a running house. */
const ignored = ['node_modules', 'dist', 'data']

const meaningless = /^(index|utils?|helpers?|common|shared|lib|misc|manager|service)$/

const recordings = path.join(root, '../shared/suitecrm/golden')

const files = Object.keys(arrows).flatMap(sourcesIn)

describe('the rooms', () => {
  it('are the six that the design names', () => {
    const withSources = readdirSync(root, { withFileTypes: true })
      .filter(entry => entry.isDirectory() && !entry.name.startsWith('.') && !ignored.includes(entry.name))
      .map(entry => entry.name)
      .filter(name => sourcesIn(name).length > 0)

    expect(Object.keys(arrows)).toEqual(expect.arrayContaining(withSources))
  })

  it('import only downwards, and siblings stay blind', () => {
    expect(files.flatMap(file => importsOf(file).flatMap(target => trespass(file, target)))).toEqual([])
  })

  it('name files for what they hold', () => {
    const parts = (file: string) => file.split('/').map(part => part.replace(/\.[^/]*$/, ''))

    expect(files.filter(file => parts(file).some(part => meaningless.test(part)))).toEqual([])
  })

  it('know no record by its id', () => {
    const product = files.filter(file => !file.startsWith('test/') && !file.endsWith('/examples.ts'))

    expect(product.filter(file => idsIn(read(file)).length > 0)).toEqual([])
  })

  it.runIf(existsSync(recordings))('share no id with the recordings, examples included', () => {
    const recorded = new Set(
      readdirSync(recordings).flatMap(name => idsIn(readFileSync(path.join(recordings, name), 'utf8'))),
    )

    expect(
      files.filter(file => !file.startsWith('test/')).filter(file => idsIn(read(file)).some(id => recorded.has(id))),
    ).toEqual([])
  })
})

/** GUIDs, SuiteCRM's included, whose parts vary in length; the nil GUID is nobody's. */
const idsIn = (text: string) =>
  text.match(/\b(?!00000000-)[0-9a-f]{8}-[0-9a-f]{4,5}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{10,12}\b/gi) ?? []

function trespass(file: string, target: string): string[] {
  return isAllowed(file, target) ? [] : [`${file} imports ${target}`]
}

function isAllowed(file: string, target: string) {
  const [room = '', folder = ''] = file.split('/')
  if (!target.startsWith('.')) return onlyIn[target.split('/')[0] ?? '']?.includes(room) ?? true

  const reached = path.posix.join(path.posix.dirname(file), target)
  const [otherRoom = '', otherFolder = ''] = reached.split('/')
  if (reached === 'package.json') return true
  if (file.startsWith('subgraphs/connectors/providers/'))
    return (
      otherRoom === 'schema' ||
      reached === 'subgraphs/connectors/contract.ts' ||
      isInside(path.posix.dirname(file), reached)
    )
  if (file.startsWith('gateway/console/')) return otherRoom === 'schema' || isInside('gateway/console', reached)
  if (otherRoom !== room) return arrows[room]?.includes(otherRoom) ?? false
  return room !== 'subgraphs' || folder === otherFolder || (siblings[folder]?.includes(otherFolder) ?? false)
}

const isInside = (folder: string, file: string) => file.startsWith(`${folder}/`)

function importsOf(file: string): string[] {
  return ts.preProcessFile(read(file), true, true).importedFiles.map(({ fileName }) => fileName)
}

function sourcesIn(folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return []
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter(
      entry =>
        entry.isFile() && /\.(ts|tsx|mts|mjs|js)$/.test(entry.name) && !entry.parentPath.includes('node_modules'),
    )
    .map(entry => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
}

function read(file: string) {
  return readFileSync(path.join(root, file), 'utf8')
}
