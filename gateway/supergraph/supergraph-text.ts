import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { print, type DocumentNode } from 'graphql'
import { threadOf } from './thread.ts'

/** What one subgraph contributes: its name and the definitions that it stands behind. */
export type SubgraphDefinition = { readonly name: string; readonly typeDefs: DocumentNode | string }

/** The same with the definitions as text, as it crosses to a thread. */
export type SubgraphText = { readonly name: string; readonly sdl: string }

export const textOf = ({ name, typeDefs }: SubgraphDefinition): SubgraphText => ({
  name,
  sdl: typeof typeDefs === 'string' ? typeDefs : printed(typeDefs),
})

/** Most definitions are the same in every installation. */
const prints = new WeakMap<DocumentNode, string>()

function printed(document: DocumentNode): string {
  let text = prints.get(document)
  if (text === undefined) prints.set(document, (text = print(document)))
  return text
}

/** The committed supergraph of the core catalog. */
export const supergraphFile = fileURLToPath(new URL('../../schema/supergraph.graphql', import.meta.url))

const composer = threadOf<readonly SubgraphText[], string>(new URL('compose-worker.ts', import.meta.url))

/**
 * Composes subgraphs in a thread, so that a process that serves is not held up.
 *
 * @throws Error that lists what they do not agree on
 */
export const composeAside = (subgraphs: readonly SubgraphText[]): Promise<string> => composer.ask(subgraphs)

/**
 * The supergraph of these subgraphs: the committed one when it was made from exactly them (an installation without
 * custom fields), else one composed before and kept in `keepIn`, else one composed now, aside.
 */
export async function supergraphOf(subgraphs: readonly SubgraphText[], keepIn?: string): Promise<string> {
  const first = stamp(subgraphs)
  const kept = keepIn && join(keepIn, `supergraph-${first.slice(-16)}.graphql`)
  for (const file of [supergraphFile, kept]) {
    const text = file && (await readFile(file, 'utf8').catch(() => undefined))
    if (text?.startsWith(`${first}\n`)) return text
  }
  const composed = await composeAside(subgraphs)
  if (kept) await keep(kept, composed)
  return composed
}

/** The comment that tells one set of subgraphs from another. */
export function stamp(subgraphs: readonly SubgraphText[]): string {
  const hash = createHash('sha256')
  for (const { name, sdl } of subgraphs) hash.update(`${name}\0${sdl}\0`)
  return `# Composed by \`npm run schema\` from subgraphs with sha256 ${hash.digest('hex')}`
}

/** Written aside and moved, so that a start beside this one never reads half a file. */
async function keep(file: string, text: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true })
  const aside = `${file}.${randomUUID()}`
  await writeFile(aside, text)
  await rename(aside, file)
  await forgetOld(join(file, '..'))
}

/** Every change of definitions leaves one behind; a start needs the last, or one of a change that is taken back. */
const keptMax = 5

async function forgetOld(folder: string) {
  const names = (await readdir(folder)).filter(name => /^supergraph-\w+\.graphql$/.test(name))
  const aged = await Promise.all(
    names.map(async name => ({ name, changed: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  )
  const old = aged.sort((a, b) => b.changed - a.changed).slice(keptMax)
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })))
}
