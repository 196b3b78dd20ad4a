import { expect, it } from 'vitest'
import { threadOf } from '../../gateway/supergraph/thread.ts'

const { ask } = threadOf<string, string>(new URL('dying-worker.ts', import.meta.url))

it('gives each question its own answer, or what was thrown', async () => {
  const answers = await Promise.allSettled([ask('a'), ask('fail'), ask('b')])

  expect(answers).toMatchObject([
    { status: 'fulfilled', value: 'a!' },
    { status: 'rejected', reason: { message: 'It cannot be done' } },
    { status: 'fulfilled', value: 'b!' },
  ])
})

it('is there again when it has died, and whoever was waiting is told', async () => {
  const answers = await Promise.allSettled([ask('die'), ask('too late')])

  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await ask('again')).toBe('again!')
})
