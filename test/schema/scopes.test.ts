import fc from 'fast-check'
import { expect, it } from 'vitest'
import { covers, intersect, isScope, parseScopes, publishedScopes, wordsForScope } from '../../schema/scopes.ts'

const modules = ['Accounts', 'Contacts', 'AOS_Quotes']
const published = publishedScopes.map(({ scope }) => scope)
const every = publishedScopes.flatMap(({ scope, narrowable }) =>
  narrowable ? [scope, ...modules.map(module => `${scope}:${module}`)] : [scope],
)
const someScopes = fc.subarray(every, { maxLength: 6 })

it('publishes every scope that the documents name, each with words', () => {
  expect(published).toEqual([
    ...['records:read', 'records:write', 'records:delete', 'records:*'],
    ...['metadata:read', 'metadata:write', 'metadata:*', 'webhooks:read', 'webhooks:write', 'webhooks:*'],
    ...['connections:read', 'connections:write', 'connections:*', 'mail:read', 'mail:write', 'mail:*'],
    ...['logs:read', 'admin:read', 'admin:write', 'admin:*'],
  ])
  expect(publishedScopes.filter(({ words }) => !/^[A-Z][a-z]/.test(words))).toEqual([])
})

it('reads the scope parameter of RFC 6749, each name once and in order', () => {
  expect(parseScopes('records:write:Accounts  logs:read records:write:Accounts ')).toEqual({
    scopes: ['records:write:Accounts', 'logs:read'],
    unknown: [],
  })
  expect(parseScopes('')).toEqual({ scopes: [], unknown: [] })
})

it.each([
  'records',
  'records:',
  'records:see',
  'records:read:',
  'records:read:Acc ounts',
  'records:read:Accounts:name',
  '*',
  '*:*',
  'Records:read',
  'records:Read',
  'logs:write',
  'logs:*',
  'webhooks:delete',
  'metadata:read:Accounts',
  'admin:*:Users',
  'constructor:read',
  'records:toString',
  '__proto__:read',
  'records:read:*',
  'openid',
  'records:read\n',
  'records:read:a.b',
])('does not take %j for a scope, and it grants nothing', name => {
  expect(isScope(name)).toBe(false)
  expect(covers([name], 'records:read')).toBe(false)
  expect(covers([name], name)).toBe(false)
})

it('narrows only to modules that exist, where that is known', () => {
  const { scopes, unknown } = parseScopes('records:read:Accounts records:read:Acounts', name => modules.includes(name))

  expect(scopes).toEqual(['records:read:Accounts'])
  expect(unknown).toEqual(['records:read:Acounts'])
})

it.each([
  ['records:read', 'records:read:Accounts', true],
  ['records:read:Accounts', 'records:read', false],
  ['records:read:Accounts', 'records:read:Contacts', false],
  ['records:write', 'records:read', true],
  ['records:write:Accounts', 'records:read:Accounts', true],
  ['records:write', 'records:delete', false],
  ['records:read', 'records:write', false],
  ['records:delete', 'records:read', false],
  ['records:*', 'records:delete:Contacts', true],
  ['records:*:Accounts', 'records:delete:Accounts', true],
  ['records:*:Accounts', 'records:delete', false],
  ['admin:write', 'admin:read', true],
  ['admin:*', 'records:read', false],
  ['metadata:*', 'metadata:write', true],
])('with %s, %s is allowed: %s', (granted, needed, expected) => {
  expect(covers([granted], needed)).toBe(expected)
})

it('allows everything to a token without scopes, and nothing to one with none', () => {
  expect(every.filter(scope => !covers('all', scope))).toEqual([])
  expect(every.filter(scope => covers([], scope))).toEqual([])
})

it('has in common exactly what both grants include', () => {
  fc.assert(
    fc.property(someScopes, someScopes, fc.constantFrom(...every), (one, other, needed) => {
      expect(covers(intersect(one, other), needed)).toBe(covers(one, needed) && covers(other, needed))
    }),
  )
})

it('says what two grants have in common without saying it twice', () => {
  expect(intersect(['records:write', 'logs:read'], ['records:read', 'records:*:Accounts'])).toEqual([
    'records:read',
    'records:write:Accounts',
  ])
  expect(intersect('all', ['logs:read'])).toEqual(['logs:read'])
  expect(intersect(['logs:read'], 'all')).toEqual(['logs:read'])
  expect(intersect('all', 'all')).toBe('all')
})

it('tells a person what a scope allows', () => {
  expect(wordsForScope('records:read:Accounts')).toBe('See records of Accounts')
  expect(wordsForScope('records:*')).toBe('See, create, change, relate and delete records')
  expect(wordsForScope('openid')).toBe('openid')
})
