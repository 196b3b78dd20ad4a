import { describe, expect, it } from 'vitest'
import { coreCatalog } from '../../../schema/catalog.ts'
import { HouseError } from '../../../schema/errors.ts'
import { acceptInput } from '../../../subgraphs/crm/accept.ts'
import { shapeOf } from '../../../subgraphs/crm/shape.ts'
import { testDatabase } from '../../database.ts'
import { writer } from './writer.ts'

const db = await testDatabase()
const strict = writer(db.pool)
const lenient = writer(db.pool, { validation: 'lenient' })

const bad: Readonly<Record<string, unknown>> = {
  'NUL bytes': 'a\0b',
  'half a character': '\ud83d',
  'four-byte text': '😀'.repeat(300),
  'long text': 'x'.repeat(70_000),
  SQL: `'); drop table accounts; -- "$1" \\`,
  'a huge number': 1e300,
  'a huge text of digits': '9'.repeat(400),
  'almost too much': '99999999999999999999.9999999999',
  'just below': '99.999999999',
  'an exponent': '1e400',
  'not a number': NaN,
  'a minus': '-',
  'a list': ['a', ['b']],
  'an object': { constructor: { prototype: 1 } },
  'a wrong date': '2030-02-31 25:61:61',
  'year zero': '0000-00-00 00:00:00',
  'a day': '9999-12-31',
  true: true,
  'empty text': '',
  nothing: null,
}

const modules = coreCatalog.modules.filter(module => !module.name.startsWith('OAuth2'))

describe('whatever the fields of a module are sent', () => {
  it.each(Object.keys(bad))(
    '%s: an older client gets a record or an answer it can use, in every module',
    async kind => {
      for (const module of modules) {
        const input = Object.fromEntries([...shapeOf(coreCatalog, module).slots.keys()].map(name => [name, bad[kind]]))
        const { id: _id, filename: _filename, deleted: _deleted, ...fields } = input
        const id = await lenient.create(module.name, { ...fields, user_name: kind })
        await lenient.update(module.name, id, { ...fields, user_name: kind })
        expect(await lenient.read(module.name, id), module.name).toMatchObject({ id, record_version: 2 })
      }
    },
  )

  it.each(Object.keys(bad))('%s: what a client that validates may send can be stored', async kind => {
    for (const module of modules) {
      const accepted = [...shapeOf(coreCatalog, module).slots.keys()].filter(name => {
        if (['id', 'filename', 'filecontents', 'revision', 'deleted', 'user_name'].includes(name)) return false
        try {
          acceptInput(strict.ctx, module, { [name]: bad[kind] }, false)
          return true
        } catch (error) {
          expect(error, `${module.name}.${name}`).toBeInstanceOf(HouseError)
          return false
        }
      })
      const id = await lenient.create(module.name, {})
      const change = strict.update(module.name, id, Object.fromEntries(accepted.map(name => [name, bad[kind]])))
      await change.catch((error: unknown) => expect(error, module.name).toBeInstanceOf(HouseError))
    }
  })

  it.each(['a\0b', 'x'.repeat(300), "' or 1=1 --", ''])('the id %j is no record', async id => {
    const contact = await strict.create('Contacts', { last_name: 'x' })
    const none = { code: 'NOT_FOUND' }

    await expect(strict.update('Accounts', id, {})).rejects.toMatchObject(none)
    await expect(strict.remove('Accounts', id)).rejects.toMatchObject(none)
    await expect(strict.relate('Accounts', id, 'contacts', [contact])).rejects.toMatchObject(none)
    await expect(strict.relate('Contacts', contact, 'accounts', [id])).rejects.toMatchObject(none)
    await expect(strict.unrelate('Contacts', contact, 'accounts', [id])).rejects.toMatchObject({ code: 'NOT_RELATED' })
  })
})
