import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

// Loaded into the house before anything else when the benchmark wants profiles of it. Says when it has begun, and when the
// profile is written.

const session = new Session()
session.connect()

process.on('message', (order: { readonly begin: true } | { readonly writeTo: string }) => {
  void ('begin' in order ? begin() : write(order.writeTo)).then(() => process.send?.('done'))
})

async function begin() {
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  await session.post('Profiler.start')
}

async function write(file: string) {
  const { profile } = await session.post('Profiler.stop')
  writeFileSync(file, JSON.stringify(profile))
}
