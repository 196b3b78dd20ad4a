import { expect, it } from 'vitest'
import { generate, unnamedBreaks } from '../../gateway/generate.ts'

it('finds what is committed as the definitions make it', async () => {
  expect(await generate({ check: true })).toEqual({ stale: [], breaking: [] })
})

it('names a change that breaks clients, unless it is meant', async () => {
  const before = 'type Query { account(id: ID!): Account } type Account { id: ID! name: String phone: String }'
  const after = 'type Query { account(id: ID!, of: ID!): Account } type Account { id: ID! name: String fax: String }'

  const breaks = await unnamedBreaks(before, after, '')
  const rest = await unnamedBreaks(before, after, 'Account.phone  nobody has one any more\n')

  expect(new Set(breaks.map(line => line.split(' ', 1)[0]))).toEqual(new Set(['Account.phone', 'Query.account.of']))
  expect(rest.map(line => line.split(' ', 1)[0])).toEqual(['Query.account.of'])
})
