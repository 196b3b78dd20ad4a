import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = path.join(root, 'gateway/console/graphiql')

/** What goes into the bundle besides our page; a new version makes a new bundle. */
const packages = ['graphiql', '@graphiql/react', 'monaco-editor', 'monaco-graphql', 'react', 'react-dom', 'esbuild']

const entries = {
  page: path.join(sources, 'page.tsx'),
  'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
  'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
  'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
}

/** GraphiQL for browsers: where its files are, made at first need from the installed packages. */
export type Bundle = {
  /** Changes with everything that the files are made from, so that browsers may keep them for ever. */
  readonly version: string
  /** The files by name. Takes seconds the first time after an installation, and nothing later. */
  files(): Promise<ReadonlyMap<string, string>>
}

export async function graphiqlBundle(): Promise<Bundle> {
  const version = await versionOf()
  let making: Promise<ReadonlyMap<string, string>> | undefined
  return {
    version,
    files() {
      making ??= findOrMake(version).catch((error: unknown) => {
        making = undefined
        throw error
      })
      return making
    },
  }
}

async function versionOf(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of (await readdir(sources)).sort()) hash.update(await readFile(path.join(sources, name)))
  for (const name of packages) hash.update(await readFile(path.join(root, 'node_modules', name, 'package.json')))
  return hash.digest('hex').slice(0, 12)
}

/** Beside the packages it is made from, or, where that may not be written, in the system's temporary folder. */
async function findOrMake(version: string) {
  const name = `switchyard-graphiql-${version}`
  const folders = [path.join(root, 'node_modules/.cache'), tmpdir()]
  for (const folder of folders) {
    const files = await filesIn(path.join(folder, name))
    if (files) return files
  }
  let failure: unknown
  for (const folder of folders) {
    try {
      await make(folder, name)
      return (await filesIn(path.join(folder, name))) ?? new Map<string, string>()
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

async function filesIn(folder: string) {
  const names = await readdir(folder).catch(() => [])
  return names.length > 0 ? new Map(names.map(name => [name, path.join(folder, name)])) : undefined
}

/** Made aside and moved, so that two processes that start at once do not see half of it. */
async function make(folder: string, name: string) {
  await mkdir(folder, { recursive: true })
  const aside = await mkdtemp(path.join(folder, `${name}-`))
  try {
    const { build } = await import('esbuild')
    await build({
      entryPoints: entries,
      outdir: aside,
      absWorkingDir: root,
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      jsx: 'automatic',
      define: { 'process.env.NODE_ENV': '"production"' },
      loader: { '.ttf': 'file' },
      legalComments: 'linked',
      logLevel: 'silent',
    })
    for (const file of await readdir(aside)) await compress(path.join(aside, file))
    await rename(aside, path.join(folder, name))
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (await filesIn(path.join(folder, name))) return
    throw error
  }
}

const compress = async (file: string) => writeFile(`${file}.gz`, await promisify(gzip)(await readFile(file)))
