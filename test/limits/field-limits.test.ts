import { expect, it } from 'vitest'
import { fieldLimitStore } from '../../gateway/limits/field-limits.ts'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse()

const aliases = (count: number) => Array.from({ length: count }, (_, i) => `a${i}: optionLists { name }`).join(' ')

it('lets an expensive field be asked for 120 times a minute, also under aliases, by each caller', async () => {
  const answers = []
  for (let i = 0; i < 3; i++) answers.push(await house.graphql(`{ ${aliases(50)} }`))
  const other = await house.graphql(`{ ${aliases(1)} }`, {}, 'ben')

  expect(answers.map(({ data }) => data == null)).toEqual([false, false, true])
  expect(answers[2]?.errors?.[0]).toMatchObject({
    message: 'optionLists may be asked for 120 times a minute',
    extensions: { code: 'RATE_LIMITED', violatedPolicies: ['field'], retryAfterSeconds: 60 },
  })
  expect(other.errors).toBeUndefined()
  expect((await house.graphql('{ me { id } }')).errors).toBeUndefined()
})

it('forgets a call after a minute, and notes none that is refused', () => {
  const clock = { now: 1_000_000 }
  const store = fieldLimitStore(2, () => clock.now)
  const identity = { contextIdentity: 'ann', fieldIdentity: 'modules' }
  const recent = () => store.getForIdentity(identity).length

  expect([recent(), recent(), recent(), recent()]).toEqual([0, 1, 2, 2])
  clock.now += 60_000
  expect([recent(), recent()]).toEqual([0, 1])
  expect(store.getForIdentity({ ...identity, contextIdentity: 'ben' })).toEqual([])
})
