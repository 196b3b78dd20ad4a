import { describe, expect, it } from 'vitest'
import { isAddress } from '../../../subgraphs/crm/email-addresses.ts'
import { testDatabase } from '../../database.ts'
import { writer } from './writer.ts'

const db = await testDatabase()
const strict = writer(db.pool)
const lenient = writer(db.pool, { validation: 'lenient' })

const email = ['email1', 'email_opt_out', 'invalid_email']
const mailOf = (id: string) => strict.read('Contacts', id, email)
const rowsOf = (address: string) =>
  db.pool`select id, email_address, opt_out from email_addresses where email_address_caps = ${address.toUpperCase()} and not deleted`
const pairsOf = (id: string) =>
  db.pool`select bean_module, primary_address from email_addr_bean_rel where bean_id = ${id} and not deleted`

const aContact = (input: Readonly<Record<string, unknown>>) => strict.create('Contacts', { last_name: 'x', ...input })

describe('an e-mail address', () => {
  it('is a record of its own, shared by all that have it', async () => {
    const one = await aContact({ email1: 'Ann@x.example', email_opt_out: true })
    const two = await aContact({ email1: 'ann@X.example' })

    expect(await rowsOf('ann@x.example')).toHaveLength(1)
    expect(await mailOf(one)).toMatchObject({ email1: 'ann@X.example', email_opt_out: true, invalid_email: false })
    expect(await mailOf(two)).toMatchObject({ email1: 'ann@X.example', email_opt_out: true })
    expect(await pairsOf(one)).toEqual([{ bean_module: 'Contacts', primary_address: true }])
  })

  it('that two bring at once is stored once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => aContact({ email1: 'rush@x.example' })))

    expect(await rowsOf('rush@x.example')).toHaveLength(1)
  })

  it('takes the place of the one before, also over the old APIs', async () => {
    const id = await aContact({ email1: 'old@x.example' })

    await lenient.update('Contacts', id, { email1: 'new@x.example' })

    expect(await mailOf(id)).toMatchObject({ email1: 'new@x.example' })
    expect(await pairsOf(id)).toHaveLength(1)
    expect(await rowsOf('old@x.example')).toHaveLength(1)
  })

  it('stays when nothing is said of it, and when it is said again', async () => {
    const id = await aContact({ email1: 'stay@x.example' })

    await lenient.update('Contacts', id, { title: 'x', email1: '' })
    await strict.update('Contacts', id, { email1: 'stay@x.example' })

    expect(await pairsOf(id)).toHaveLength(1)
    expect(await db.pool`select 1 from email_addr_bean_rel where bean_id = ${id}`).toHaveLength(1)
  })

  it('is taken away by null', async () => {
    const id = await aContact({ email1: 'away@x.example' })

    await strict.update('Contacts', id, { email1: null })

    expect(await mailOf(id)).toMatchObject({ email1: null })
  })

  it('is known as opted out or invalid by flags alone', async () => {
    const id = await aContact({ email1: 'flag@x.example' })

    await strict.update('Contacts', id, { email_opt_out: true, invalid_email: true })
    expect(await mailOf(id)).toMatchObject({ email1: 'flag@x.example', email_opt_out: true, invalid_email: true })
    await strict.update('Contacts', id, { invalid_email: false })
    expect(await mailOf(id)).toMatchObject({ email_opt_out: true, invalid_email: false })
  })

  it('that is none is passed over for the old APIs, and the record is stored', async () => {
    const id = await lenient.create('Contacts', { last_name: 'x', email1: 'not an address' })

    expect(await mailOf(id)).toMatchObject({ last_name: 'x', email1: null })
  })

  it('that is made as a record is found by records that bring it', async () => {
    const address = await strict.create('EmailAddresses', { email_address: 'Known@x.example' })
    const id = await aContact({ email1: 'known@x.example' })

    expect(await rowsOf('known@x.example')).toMatchObject([{ id: address }])
    expect(await mailOf(id)).toMatchObject({ email1: 'known@x.example' })
    await expect(strict.create('EmailAddresses', { email_address: 'none' })).rejects.toMatchObject({ code: 'INVALID' })
  })

  it('belongs to a record of one module, though another has the same id', async () => {
    await strict.create('Accounts', { id: 'twin', name: 'x', email1: 'account@x.example' })
    await strict.create('Leads', { id: 'twin', last_name: 'x' })

    await strict.update('Leads', 'twin', { email1: 'lead@x.example' })

    expect(await strict.read('Accounts', 'twin', ['email1'])).toMatchObject({ email1: 'account@x.example' })
    expect(await strict.read('Leads', 'twin', ['email1'])).toMatchObject({ email1: 'lead@x.example' })
  })
})

it.each([
  ['ann@x.example', true],
  ["o'neil+tag@mail.x-y.example", true],
  ['root@127.0.0.1', true],
  ['ann@localhost', false],
  ['ann@x.e', false],
  ['a b@x.example', false],
  ['ann@x..example', false],
  ['@x.example', false],
  ['ann@.example', false],
  ['ann@x.example\n', false],
])('%j is an address: %j', (address, expected) => {
  expect(isAddress(address)).toBe(expected)
})

it('no text takes for ever to be told from an address', () => {
  const texts = [`${'a'.repeat(200)}@`, `a@${'a.'.repeat(120)}`, `a@${'-'.repeat(240)}`]
  expect(texts.map(isAddress)).toEqual([false, false, false])
})
