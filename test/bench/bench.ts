import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchEvents } from './events.ts'
import { inFolder } from './folder.ts'
import { benchGateways } from './gateways.ts'
import { benchLog } from './log.ts'
import { benchPages } from './pages.ts'
import { benchPasswords } from './passwords.ts'
import { benchPlatform } from './platform.ts'
import { benchRequests } from './requests.ts'
import { benchSwaps } from './swaps.ts'
import { benchWebhooks } from './webhooks.ts'

const help = `npm run bench                       what a request costs, scenario by scenario, beside a plain handler
npm run bench -- gateway            our executor beside other gateways; installs them
npm run bench -- pages              pages of a list of 1,000,000 accounts
npm run bench -- passwords          whether the time of a failed login tells who exists
npm run bench -- platform           what authentication, permission and limits add, and what they stand
npm run bench -- swaps              changes of metadata under load: failures, time to served, the event loop
npm run bench -- events             idle subscribers, the lag from commit to socket, CPU per event
npm run bench -- webhooks           deliveries a second beside a bare loop, and the way from commit to receiver (--seconds 60)
npm run bench -- log                what the log of requests adds, and how fast it is written and read

  --only TEXT      only scenarios whose name contains TEXT
  --rounds N       rounds of load; the medians are printed (5)
  --seconds S      length of each load (3)
  --accounts N     accounts in the database, with five contacts each (1000)
  --rows N         rows of the log (10000000)
  --profile        also writes V8 CPU profiles and prints the functions that take most
  --dir DIR        keeps the database there and uses it again`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    accounts: { type: 'string', default: '1000' },
    rows: { type: 'string', default: '10000000' },
    profile: { type: 'boolean', default: false },
    dir: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

// Ctrl-C ends the house and the load; what waits for them then fails, and cleans up.
process.on('SIGINT', () => undefined)

if (values.help) console.log(help)
else await inFolder(values.dir, run)

async function run(dir: string) {
  switch (positionals[0]) {
    case undefined:
      return benchRequests({
        dir,
        only: values.only,
        rounds: Number(values.rounds),
        seconds: Number(values.seconds),
        accounts: Number(values.accounts),
        profileDir: values.profile ? path.join(tmpdir(), 'switchyard-profiles') : undefined,
      })
    case 'gateway':
      return benchGateways({ dir, rounds: Number(values.rounds), seconds: Number(values.seconds) })
    case 'pages':
      return benchPages(dir)
    case 'passwords':
      return benchPasswords(dir)
    case 'platform':
      return benchPlatform(dir)
    case 'swaps':
      return benchSwaps(dir)
    case 'events':
      return benchEvents(dir)
    case 'webhooks':
      return benchWebhooks({ dir, seconds: Number(values.seconds) })
    case 'log':
      return benchLog({
        dir,
        rows: Number(values.rows),
        rounds: Number(values.rounds),
        seconds: Number(values.seconds),
      })
    default:
      throw new Error(`There is no benchmark "${positionals[0]}".\n${help}`)
  }
}
