import { connect } from '../../drizzle/client.ts'
import { loadCatalog } from '../../drizzle/custom-fields.ts'
import type { Outside } from '../../drizzle/outside.ts'
import { openSecrets } from '../../drizzle/secrets.ts'
import { openLog, reportTo } from '../../gateway/log.ts'
import { startWebhooks } from '../../gateway/webhooks/background.ts'
import { passwordsOf } from '../passwords.ts'

// A process that delivers, until it is killed: `webhook-worker.ts postgres://... SECRET_KEY`.

const [url = '', secretKey = ''] = process.argv.slice(2)
const pool = connect(url, { max: 3 })
const outside: Outside = {
  secrets: openSecrets({ secretKey, dataDir: '' }),
  rules: { allow: ['127.0.0.1'], isHttpsRequired: false },
  publicUrl: 'http://127.0.0.1',
  ask: () => Promise.reject(new Error('nobody asks the graph here')),
}
const house = {
  ...{ pool, outside, filesDir: '', passwords: passwordsOf(pool) },
  catalog: await loadCatalog(pool),
  now: () => new Date(),
}
// What fails while connections are cut is expected; it shows in what arrives.
const log = openLog('silent')
await startWebhooks({ url, houseOf: () => Promise.resolve(house), log, report: reportTo(log) })
process.send?.('ready')
process.on('disconnect', () => process.exit())
