import { expect, it } from 'vitest'
import { configuration, readConfig } from '../../gateway/config.ts'

const key = 'k'.repeat(32)

it('needs no setting at all', () => {
  expect(readConfig({})).toMatchObject({
    port: 4000,
    host: '127.0.0.1',
    demoData: 'auto',
    trustProxy: false,
    subgraphs: new Map(),
  })
})

it('takes an empty variable for one that is not set', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: ' ', INTERNAL_KEY: '' })).toMatchObject({ port: 4000 })
})

it('names every wrong variable, what was expected and where it is described, in one message', () => {
  const attempt = () =>
    readConfig({
      PORT: '70000',
      HOST: 'a b',
      LOG_LEVEL: 'loud',
      PUBLIC_URL: 'https://api.example.com/crm',
      TRUST_PROXY: 'maybe',
    })

  expect(attempt).toThrow(/PORT is "70000"; expected a port number from 0 to 65535/)
  expect(attempt).toThrow(/HOST is "a b"; expected[^]*PUBLIC_URL[^]*TRUST_PROXY[^]*LOG_LEVEL is "loud"; expected/)
  expect(attempt).toThrow(/README.md under "Configuration"/)
})

it('never repeats a secret', () => {
  const attempt = () => readConfig({ DATABASE_URL: 'mysql://root:hunter2@db/crm', INTERNAL_KEY: 'hunter2' })

  expect(attempt).toThrow(/DATABASE_URL is set to something else; expected postgres:\/\//)
  expect(attempt).not.toThrow(/hunter2/)
})

it('refuses subgraphs elsewhere without the key to sign what they are asked', () => {
  expect(() => readConfig({ SUBGRAPHS: 'crm=http://10.0.0.5:4001' })).toThrow(
    /INTERNAL_KEY is not set, and SUBGRAPHS needs it/,
  )
})

it('reads subgraphs and proxies', () => {
  const config = readConfig({
    SUBGRAPHS: 'crm=http://10.0.0.5:4001/, identity=http://10.0.0.6:4002',
    INTERNAL_KEY: key,
    TRUST_PROXY: '10.0.0.0/8, ::1',
  })

  expect(config.subgraphs).toEqual(
    new Map([
      ['crm', 'http://10.0.0.5:4001/'],
      ['identity', 'http://10.0.0.6:4002'],
    ]),
  )
  expect(config.trustProxy).toEqual(['10.0.0.0/8', '::1'])
  expect(readConfig({ TRUST_PROXY: '2' }).trustProxy).toBe(2)
})

it.each(['crm', 'crm=ftp://x', '=http://x', 'crm=http://x,crm=http://y'])('refuses SUBGRAPHS=%s', SUBGRAPHS => {
  expect(() => readConfig({ SUBGRAPHS, INTERNAL_KEY: key })).toThrow(/SUBGRAPHS is/)
})

it('says of every setting what it is for', () => {
  expect(configuration.filter(({ what }) => !what.endsWith('.'))).toEqual([])
})
