import { expect, it } from 'vitest'
import { anAccount, before } from './door.ts'

const evil = [
  `' OR 1=1 --`,
  '"; DROP TABLE accounts; --',
  '%00',
  '\u0000',
  '%ff%fe',
  '../../../etc/passwd',
  '__proto__',
  'constructor',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '\ud800',
  'x'.repeat(20_000),
]

const { ask } = before(({ name, text }) =>
  name.startsWith('V8List') || name.startsWith('V8Linked')
    ? { data: { r: { id: '1', nodes: [], contacts: { nodes: [] } } } }
    : { data: text.includes('s:') ? { r: { id: '1' }, s: { id: '1' } } : { r: anAccount() } },
)

it.each(evil)('%j anywhere in a request is answered, and never runs as text of an operation', async text => {
  const raw = encodeURIComponent(text.toWellFormed())
  const attributes = { name: text, description: text, email1: text }
  const answers = [
    await ask('GET', `/module/${raw}`),
    await ask('GET', `/module/Accounts/${raw}`),
    await ask('GET', `/module/Accounts/1/relationships/${raw}`),
    await ask('GET', '/module/Accounts', { query: `filter[name][eq]=${raw}&page[size]=1` }),
    await ask('GET', '/module/Accounts', { query: `filter[${raw}][eq]=1` }),
    await ask('GET', '/module/Accounts', { query: `filter[name][${raw}]=1` }),
    await ask('GET', '/module/Accounts', { query: `sort=${raw}` }),
    await ask('GET', '/module/Accounts', { query: `fields[Accounts]=${raw}` }),
    await ask('GET', '/module/Accounts', { query: `fields[${raw}]=name` }),
    await ask('GET', '/module/Accounts', { query: `${raw}=1` }),
    await ask('POST', '/module', { body: { data: { type: 'Accounts', attributes } } }),
    await ask('POST', '/module', { body: { data: { type: text } } }),
    await ask('POST', '/module', { body: { data: { type: 'Accounts', attributes: { [text]: text } } } }),
    await ask('DELETE', `/module/Accounts/1/relationships/contacts/${raw}`),
    await ask('GET', `/user-preferences/${raw}`),
    await ask('GET', `/meta/fields/${raw}`),
  ]

  for (const { status, body } of answers) {
    expect([200, 201, 400, 404]).toContain(status)
    expect(body).not.toMatch(/at .*\.ts:\d+|node_modules|select /i)
  }
})
