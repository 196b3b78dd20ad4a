import { composeServices } from '@apollo/composition'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { parse, print, type DocumentNode } from 'graphql'

/** What one subgraph contributes: its name and the definitions that it stands behind. */
export type SubgraphDefinition = { readonly name: string; readonly typeDefs: DocumentNode }

/** The same with the definitions as text, as it crosses to a worker. */
export type SubgraphText = { readonly name: string; readonly sdl: string }

/** The committed supergraph of the core catalog. */
export const supergraphFile = fileURLToPath(new URL('../../schema/supergraph.graphql', import.meta.url))

export const textOf = ({ name, typeDefs }: SubgraphDefinition): SubgraphText => ({ name, sdl: print(typeDefs) })

/**
 * Composes subgraphs into the text of a supergraph. Blocks for about a second with 40 modules.
 *
 * The first line names what it was made from, so that a start can tell whether it still fits.
 *
 * @throws Error that lists what the subgraphs do not agree on
 */
export function compose(subgraphs: readonly SubgraphText[]): string {
  const services = subgraphs.map(({ name, sdl }) => ({ name, url: `switchyard://${name}`, typeDefs: parse(sdl) }))
  const { supergraphSdl, errors } = composeServices(services)
  if (!supergraphSdl) throw new Error((errors ?? []).map(error => error.message).join('\n'))
  return `${stamp(subgraphs)}\n${supergraphSdl}`
}

/**
 * The supergraph of these subgraphs: the committed one when it was made from exactly them (an installation without
 * custom fields), else one composed before and kept in `keepIn`, else one composed now, in a worker.
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

/** Composes in a worker, so that a process that serves is not held up. */
export function composeAside(subgraphs: readonly SubgraphText[]): Promise<string> {
  const composed = last.then(() => composeIn((thread ??= startThread()), subgraphs))
  last = composed.catch(() => undefined)
  return composed
}

/** What the thread answers. */
export type Composed = { readonly sdl: string } | { readonly error: string }

/** Kept: it has loaded what composing needs (0.7 s of CPU), and is twice as fast the second time. */
let thread: Worker | undefined
/** One after the other. */
let last: Promise<unknown> = Promise.resolve()

function startThread(): Worker {
  const worker = new Worker(new URL('compose-worker.ts', import.meta.url))
  worker.once('exit', () => {
    if (thread === worker) thread = undefined
  })
  return worker
}

async function composeIn(worker: Worker, subgraphs: readonly SubgraphText[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const onMessage = (answer: Composed) => ('sdl' in answer ? resolve(answer.sdl) : reject(new Error(answer.error)))
  const onExit = () => reject(new Error('The composition ended without an answer'))
  worker.ref()
  worker.once('message', onMessage).once('error', reject).once('exit', onExit)
  worker.postMessage(subgraphs)
  try {
    return await promise
  } finally {
    worker.off('message', onMessage).off('error', reject).off('exit', onExit)
    // Nobody stays for it.
    worker.unref()
  }
}

/** The comment that tells one set of subgraphs from another. */
function stamp(subgraphs: readonly SubgraphText[]): string {
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
