import { parseArgs } from 'node:util'
import { inFolder } from '../bench/folder.ts'
import { chaosOfEvents } from './events.ts'
import { roughWebhooks } from './rough-webhooks.ts'

const help = `npm run chaos -- events       writers and consumers that stop and go on at random: each consumer rebuilds the state exactly
npm run chaos -- webhooks     deliveries to three endpoints while workers are killed and connections are cut

  --changes N      changes that are made (10000)
  --consumers N    consumers (50)
  --events N       events that are delivered to each endpoint (20000)
  --workers N      processes that deliver (3)
  --seed N         of the random numbers (another one each time)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    changes: { type: 'string', default: '10000' },
    consumers: { type: 'string', default: '50' },
    events: { type: 'string', default: '20000' },
    workers: { type: 'string', default: '3' },
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
  webhooks: dir => roughWebhooks(dir, { events: Number(values.events), workers: Number(values.workers) }),
}

const run = runs[positionals[0] ?? '']
if (values.help || !run) console.log(help)
else await inFolder(undefined, async dir => void (process.exitCode = (await run(dir)) ? 0 : 1))
