import { argv } from 'node:process'
import { consume } from '../../drizzle/jobs.ts'

// A process of its own that takes a job and never ends it.
const run = () => {
  process.send?.('taken')
  return new Promise<'done'>(() => undefined)
}
await consume(argv[2] ?? '', [{ queue: 'bulk', atOnce: 1, run }], console.error)
