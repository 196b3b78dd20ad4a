import { expect, it } from 'vitest'
import { testDatabase } from '../database.ts'
import { chaosOfWebhooks } from './webhooks.ts'

const db = await testDatabase()

// `npm run chaos -- webhooks` is the long form.
it('keeps every promise while workers are killed, connections cut, and the relay repeats itself', async () => {
  const { faults, kills, ...counts } = await chaosOfWebhooks(db.pool, db.url, {
    ...{ events: 800, workers: 2, killEveryMs: 1_500, cutEveryMs: 500 },
    ...{ repeatedShare: 0.3, lateShare: 0.01 },
  })

  expect(faults).toEqual([])
  expect(kills).toBeGreaterThan(0)
  expect(counts.requests).toBeGreaterThanOrEqual(counts.deliveries)
}, 120_000)
