import { parseArgs } from 'node:util'
import { inFolder } from '../bench/folder.ts'
import { chaosOfEvents } from './events.ts'

const help = `npm run chaos -- events       writers and consumers that stop and go on at random: each consumer rebuilds the state exactly

  --changes N      changes that are made (10000)
  --consumers N    consumers (50)
  --seed N         of the random numbers (another one each time)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    changes: { type: 'string', default: '10000' },
    consumers: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const runs: Readonly<Record<string, (dir: string) => Promise<boolean>>> = {
  events: dir =>
    chaosOfEvents(dir, {
      changes: Number(values.changes),
      consumers: Number(values.consumers),
      seed: Number(values.seed),
    }),
}

const run = runs[positionals[0] ?? '']
if (values.help || !run) console.log(help)
else await inFolder(undefined, async dir => void (process.exitCode = (await run(dir)) ? 0 : 1))
