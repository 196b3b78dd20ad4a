import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { begin } from '../../drizzle/transaction.ts'
import { consume, enqueue, hasJob, missingQueues, storeVersion, type Consumer } from '../../drizzle/jobs.ts'
import { migrate, pendingMigrations } from '../../drizzle/migrate.ts'
import { testDatabase } from '../database.ts'

const db = await testDatabase()
const ctx = { sql: db.pool }
const reported: unknown[] = []

async function consuming(run: Consumer['run'], atOnce = 4) {
  const consuming = await consume(db.url, [{ queue: 'bulk', atOnce, run }], error => void reported.push(error))
  afterAll(() => consuming.close())
  return consuming
}

/** A consumer that remembers what it was given. */
function aNote() {
  const seen: unknown[] = []
  const run: Consumer['run'] = data => {
    seen.push(data)
    return Promise.resolve('done')
  }
  return { seen, run }
}

describe('a job', () => {
  it('is done when the transaction that put it in commits, and not when it does not', async () => {
    const { seen, run } = aNote()
    const undone = begin(db.pool, async sql => {
      await enqueue({ sql }, 'bulk', [{ data: { n: 1 } }])
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    await begin(db.pool, sql => enqueue({ sql }, 'bulk', [{ data: { n: 2 } }]))

    const { close } = await consuming(run)

    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([{ n: 2 }])
    await close()
  })

  it('is one job however often it is put in under the same id', async () => {
    const { seen, run } = aNote()
    const id = crypto.randomUUID()
    for (const n of [1, 2, 3]) await enqueue(ctx, 'bulk', [{ id, data: { n } }])
    await enqueue(ctx, 'bulk', [{ data: { n: 4 } }])

    const { close } = await consuming(run)

    await expect.poll(() => seen, { timeout: 10_000 }).toHaveLength(2)
    expect(seen).toEqual(expect.arrayContaining([{ n: 1 }, { n: 4 }]))
    await close()
  })

  it('is done by one of several processes', async () => {
    const notes = [aNote(), aNote(), aNote()]
    const all = await Promise.all(notes.map(({ run }) => consuming(run)))
    const jobs = Array.from({ length: 60 }, (_, n) => ({ data: { n } }))

    await enqueue(ctx, 'bulk', jobs)

    const seen = () => notes.flatMap(note => note.seen)
    await expect.poll(() => seen().length, { timeout: 20_000 }).toBe(60)
    await Promise.all(all.map(({ close }) => close()))
    expect(new Set(seen().map(data => JSON.stringify(data))).size).toBe(60)
  }, 30_000)

  it('is tried again after it failed, and what failed is reported', async () => {
    let tries = 0
    const { close } = await consuming(() => {
      tries += 1
      return tries === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve('done')
    })

    await enqueue(ctx, 'bulk', [{ key: 'again', data: {} }])

    await expect.poll(() => hasJob(ctx, 'bulk', 'again'), { timeout: 20_000 }).toBe(false)
    await close()
    expect(tries).toBe(2)
    expect(reported).toContainEqual(new Error('not yet'))
  }, 30_000)

  it('goes on later behind the others when it says so', async () => {
    let rounds = 0
    const { close } = await consuming(() => Promise.resolve((rounds += 1) < 3 ? 'later' : 'done'))

    await enqueue(ctx, 'bulk', [{ key: 'rounds', data: {} }])

    await expect.poll(() => rounds, { timeout: 20_000 }).toBe(3)
    await expect.poll(() => hasJob(ctx, 'bulk', 'rounds'), { timeout: 10_000 }).toBe(false)
    await close()
  }, 30_000)

  it('leaves off when its process stops, and is waited for', async () => {
    const said: string[] = []
    const { close } = await consuming(async (_data, signal) => {
      said.push('begun')
      await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
      said.push('left off')
      return 'later'
    })
    await enqueue(ctx, 'bulk', [{ key: 'stopped', data: {} }])
    await expect.poll(() => said, { timeout: 40_000 }).toEqual(['begun'])

    await close()

    expect(said).toEqual(['begun', 'left off'])
    expect(await hasJob(ctx, 'bulk', 'stopped')).toBe(true)
  }, 60_000)

  it('is taken over when its process was killed', async () => {
    await db.pool`delete from pgboss.job`
    await enqueue(ctx, 'bulk', [{ key: 'orphan', data: { n: 'orphan' } }])
    const child = fork(new URL('./holder.ts', import.meta.url), [db.url], { execArgv: ['--import', 'tsx'] })
    await new Promise(resolve => child.once('message', resolve))
    child.kill('SIGKILL')

    const { seen, run } = aNote()
    const { close } = await consuming(run)

    await expect.poll(() => seen, { timeout: 50_000 }).toEqual([{ n: 'orphan' }])
    await close()
  }, 60_000)
})

describe('the queues', () => {
  it('are a part of the migrations', async () => {
    const empty = await testDatabase({ empty: true })
    expect(await pendingMigrations(empty.pool)).toContain('queues')

    await Promise.all([migrate(empty.pool), migrate(empty.pool)])

    expect(await pendingMigrations(empty.pool)).toEqual([])
  })

  it('are brought up to date when their rules have changed', async () => {
    await db.pool`update pgboss.queue set retry_limit = 1 where name = 'bulk'`
    expect(await missingQueues(db.pool)).toEqual(['queue bulk'])

    await migrate(db.pool)

    expect(await missingQueues(db.pool)).toEqual([])
  })

  it('are of the version that the installed package has', () => {
    const file = new URL('../../node_modules/pg-boss/package.json', import.meta.url)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pgboss: { schema: storeVersion } })
  })
})
