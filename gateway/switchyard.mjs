#!/usr/bin/env node
// Starts Switchyard on a Node that is new enough: this one, or the one that came with "npm ci". Plain JavaScript, so that any Node >= 20 can run it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
const isNewEnough = major > 22 || (major === 22 && minor >= 18)
const bundled = fileURLToPath(
  new URL(`../node_modules/.bin/node${process.platform === 'win32' ? '.cmd' : ''}`, import.meta.url),
)

if (!existsSync(new URL('../node_modules/tsx', import.meta.url))) {
  refuse('The packages that Switchyard needs are not installed. Run "npm ci" in its folder first.')
} else if (isNewEnough) {
  await import('./typescript.mjs')
  await import('./cli.ts')
} else if (existsSync(bundled)) {
  startWith(bundled)
} else {
  refuse(howToGetNode('has none of its own for this system'))
}

function startWith(node) {
  const [hooks, cli] = ['typescript.mjs', 'cli.ts'].map(name => new URL(name, import.meta.url))
  const command = ['--import', hooks.href, fileURLToPath(cli), ...process.argv.slice(2)]
  // The channel tells the child when this process is killed, so that it does not stay behind and keep the port.
  const child = spawn(node, command, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', error => refuse(howToGetNode(`has one of its own that does not run here (${error.message})`)))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function howToGetNode(state) {
  return (
    `Switchyard needs Node 22.18 or newer; this is ${process.versions.node}, and Switchyard ${state}.\n` +
    'Install Node 24 (https://nodejs.org, or "nvm install 24"), or run "npm ci" again without --omit=optional on a Linux with glibc.'
  )
}

function refuse(message) {
  console.error(message)
  process.exitCode = 1
}
