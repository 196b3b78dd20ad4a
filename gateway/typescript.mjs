// Lets Node run our TypeScript, decorators included: `node --import ./gateway/typescript.mjs file.ts`.
// tsx does this too, but its hooks also resolve and read every file of every package: 2.9 s of CPU at each start, against 1.3 s so (measured on a
// busy two-core machine). Translated files are kept by their content in node_modules/.cache.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url).href
const packages = `${root}node_modules/`
const cache = fileURLToPath(`${packages}.cache/`)
const requireFromTsx = createRequire(createRequire(import.meta.url).resolve('tsx'))

/** tsconfig.json's, as far as they change what runs. */
const compilerOptions = { experimentalDecorators: true, useDefineForClassFields: false, verbatimModuleSyntax: true }
const form = `1 ${requireFromTsx('esbuild/package.json').version} ${JSON.stringify(compilerOptions)}`

process.setSourceMapsEnabled(true)
module.enableCompileCache(`${cache}compile`)
module.registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith('.ts') || !url.startsWith(root) || url.startsWith(packages)) return nextLoad(url, context)
    return { format: 'module', source: translated(fileURLToPath(url)), shortCircuit: true }
  },
})

function translated(file) {
  const text = readFileSync(file, 'utf8')
  const key = createHash('sha256').update(`${form}\n${file}\n${text}`).digest('hex')
  const kept = `${cache}typescript/${key}.js`
  try {
    return readFileSync(kept, 'utf8')
  } catch {
    const code = translate(file, text)
    keep(kept, code)
    return code
  }
}

function translate(file, text) {
  const { transformSync } = requireFromTsx('esbuild')
  const options = { loader: 'ts', format: 'esm', target: 'node22', sourcemap: 'inline', sourcefile: file }
  return transformSync(text, { ...options, tsconfigRaw: { compilerOptions } }).code
}

function keep(kept, code) {
  try {
    mkdirSync(`${cache}typescript`, { recursive: true })
    writeFileSync(`${kept}.${process.pid}`, code)
    renameSync(`${kept}.${process.pid}`, kept)
  } catch {
    // A read-only installation translates every time.
  }
}
