import { describe, expect, it } from 'vitest'
import { testDatabase } from '../../database.ts'
import { writer } from './writer.ts'

const db = await testDatabase()
const strict = writer(db.pool, { now: '2030-03-04T11:00:00Z', userId: 'ann' })
const earlier = writer(db.pool)
const lenient = writer(db.pool, { validation: 'lenient', now: '2030-03-04T11:00:00Z' })

const anAccount = (input: Readonly<Record<string, unknown>> = {}) =>
  earlier.create('Accounts', { name: 'Acme', employees: '9', industry: 'Banking', ...input })

describe('a change', () => {
  it('touches what was sent, counts, and says who made it when', async () => {
    const id = await anAccount()

    await strict.update('Accounts', id, { name: 'Acme Ltd', employees: null })

    expect(await strict.read('Accounts', id)).toMatchObject({
      name: 'Acme Ltd',
      employees: null,
      industry: 'Banking',
      created_by: '1',
      modified_user_id: 'ann',
      date_entered: '2030-03-04 10:30:00',
      date_modified: '2030-03-04 11:00:00',
      record_version: 2,
    })
  })

  it('is refused when the record has moved on, and then nothing is changed', async () => {
    const id = await anAccount()
    await strict.update('Accounts', id, { name: 'Acme Ltd' }, 1)

    const late = strict.update('Accounts', id, { name: 'Acme Inc' }, 1)

    await expect(late).rejects.toMatchObject({ code: 'CONFLICT', details: { module: 'Accounts', id, version: 2 } })
    expect(await strict.read('Accounts', id)).toMatchObject({ name: 'Acme Ltd', record_version: 2 })
  })

  it('waits for one at the same time, and then sees it', async () => {
    const id = await anAccount()

    const both = await Promise.allSettled([
      strict.update('Accounts', id, { name: 'One' }, 1),
      strict.update('Accounts', id, { name: 'Two' }, 1),
    ])

    expect(both.map(result => result.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await strict.read('Accounts', id)).toMatchObject({ record_version: 2 })
  })

  it('finds no record that is not there, deleted, or of another module', async () => {
    const id = await anAccount()
    await strict.remove('Accounts', id)

    for (const [module, gone] of [
      ['Accounts', id],
      ['Contacts', await anAccount()],
      ['Accounts', 'nobody'],
    ] as const)
      await expect(strict.update(module, gone, { description: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('may not take away what a record must have', async () => {
    const id = await anAccount()

    await expect(strict.update('Accounts', id, { name: '' })).rejects.toMatchObject({ details: { field: 'name' } })
    await expect(strict.update('Accounts', id, { name: null })).rejects.toMatchObject({ details: { field: 'name' } })
  })

  it('of `deleted` deletes, with everything else that was sent', async () => {
    const id = await anAccount()

    await lenient.update('Accounts', id, { name: 'Gone', deleted: 1 })

    expect(await lenient.read('Accounts', id, [], 'ONLY')).toMatchObject({ name: 'Gone', deleted: true })
  })
})

describe('a client of the old APIs', () => {
  it('empties a field by null, and by empty text, which gives the default back', async () => {
    const id = await earlier.create('Contacts', {
      last_name: 'L',
      title: 'Ms',
      department: 'D',
      portal_user_type: 'Account',
    })

    await lenient.update('Contacts', id, { title: null, department: '', portal_user_type: '' })

    expect(await lenient.read('Contacts', id)).toMatchObject({
      title: null,
      department: null,
      portal_user_type: 'Single',
    })
  })

  it('may say when and by whom a record was made and changed', async () => {
    const id = await anAccount()
    const stamps = { date_entered: '2020-01-02 03:04:05', date_modified: '2020-01-02 03:04:06', modified_user_id: '9' }

    await lenient.update('Accounts', id, stamps)

    expect(await lenient.read('Accounts', id)).toMatchObject({ ...stamps, record_version: 2 })
  })

  it('sends fields that nobody has, and they are passed over', async () => {
    const id = await anAccount()

    await lenient.update('Accounts', id, { nope: 1, contacts: 'x', record_version: 90, name: 'Acme 2' })

    expect(await lenient.read('Accounts', id)).toMatchObject({ name: 'Acme 2', record_version: 2 })
  })
})

describe('users', () => {
  const aUser = (name: string) => earlier.create('Users', { user_name: name, last_name: name, status: 'Active' })

  it('are made, changed and deleted by administrators only', async () => {
    const [id, other] = [await aUser('plain'), await aUser('other')]
    const plain = writer(db.pool, { userId: id, isAdmin: false })

    await expect(plain.create('Users', { user_name: 'u', last_name: 'u', status: 'Active' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
    await expect(plain.update('Users', other, { title: 'x' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(plain.remove('Users', id)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(plain.relate('Users', other, 'reports_to_link', [id])).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('change what is theirs, and never their own rights', async () => {
    const id = await aUser('climber')
    const own = { userId: id, isAdmin: false }

    await writer(db.pool, own).update('Users', id, { title: 'Clerk' })
    await writer(db.pool, { ...own, validation: 'lenient' }).update('Users', id, { is_admin: 1, phone_work: '1' })

    expect(await strict.read('Users', id)).toMatchObject({ title: 'Clerk', phone_work: '1', is_admin: false })
    await expect(writer(db.pool, own).update('Users', id, { is_admin: true })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
    await expect(writer(db.pool, own).create('ACLRoles', { name: 'r' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const role = await earlier.create('ACLRoles', { name: 'All' })
    await expect(writer(db.pool, own).relate('Users', id, 'aclroles', [role])).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
  })

  it('have a name that nobody else has', async () => {
    const id = await aUser('unique')

    await expect(aUser('UNIQUE')).rejects.toMatchObject({ code: 'INVALID', details: { field: 'user_name' } })
    await strict.update('Users', id, { user_name: 'unique', title: 'x' })
    await strict.remove('Users', id)
    await aUser('unique')
  })
})

it.each(['OAuth2Clients', 'OAuth2Tokens'])('%s are not written here', async module => {
  await expect(strict.create(module, {})).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(strict.update(module, 'x', {})).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(strict.remove(module, 'x')).rejects.toMatchObject({ code: 'FORBIDDEN' })
})
