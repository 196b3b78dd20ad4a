import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const shim = path.join(root, 'gateway', 'switchyard.mjs')

/** What a Node 20 on the host would do: the shim has to hand over to the one that npm ci brought. */
const pretendNode20 = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.0' } })`

export type Start = { environment?: Record<string, string>; cwd?: string; oldNode?: boolean; input?: string }

/** Starts the command as a process of its own. */
export function start(parameters: string[], { environment = {}, cwd = root, oldNode = false, input = '' }: Start = {}) {
  const { npm_lifecycle_event: _, ...ours } = process.env
  const node = oldNode ? ['--import', pretendNode20, shim] : [shim]
  const child = spawn(process.execPath, [...node, ...parameters], { cwd, env: { ...ours, ...environment } })
  child.stdin.on('error', () => undefined).end(input)
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }))
  return { child, said, ended }
}

/** Runs it to its end. */
export const run = (parameters: string[], options?: Start) => start(parameters, options).ended
