import { describe, expect, it } from 'vitest'
import { catalogOf, coreCatalog } from '../../../schema/catalog.ts'
import type { Module } from '../../../schema/module.ts'
import { before, noAccess, page, sessionId } from './door.ts'

type Fields = { readonly module_fields: Readonly<Record<string, unknown>>; readonly link_fields: object }
type Modules = {
  readonly modules: readonly { module_key: string; acls: readonly { action: string; access: boolean }[] }[]
}

const nothing = () => ({ data: {} })

/** A catalog with a module that somebody added, and a field of theirs on accounts. */
const customised = catalogOf([
  ...coreCatalog.modules.map(module =>
    module.name === 'Accounts'
      ? {
          ...module,
          fields: {
            ...module.fields,
            tier_c: {
              kind: 'enum',
              label: 'Tier:',
              source: 'custom_fields',
              options: 'industry_dom',
              len: 100,
            } as const,
          },
        }
      : module,
  ),
  {
    ...(coreCatalog.byName.get('Tasks') as Module),
    ...{ name: 'Hives', table: 'hives', objectName: 'Hive', beanClass: 'Hive', label: 'Hives' },
    graphql: { type: 'Hive', one: 'hive', many: 'hives' },
    fields: { id: { kind: 'id' }, name: { kind: 'name', label: 'Name:' }, deleted: { kind: 'bool' } },
  },
])

describe('get_module_fields', () => {
  it('tells of fields with their options and of links', async () => {
    const { ask } = before(nothing)
    const about = (await ask('get_module_fields', 'Contacts', ['lead_source', 'accounts', 'user_hash'])) as Fields

    expect(about).toMatchObject({
      ...{ module_name: 'Contacts', table_name: 'contacts' },
      module_fields: {
        lead_source: {
          ...{ type: 'enum', required: 0, len: '255', calculated: false },
          options: { 'Cold Call': { name: 'Cold Call', value: 'Cold Call' } },
        },
      },
      link_fields: { accounts: { type: 'link', relationship: 'accounts_contacts', bean_name: '' } },
    })
  })

  it('tells less in older versions', async () => {
    const { call } = before(nothing)
    const told = async (version: 'v2' | 'v3' | 'v3_1' | 'v4') => {
      const about = (await call('get_module_fields', [sessionId, 'Accounts', ['name']], { version })) as Fields
      return Object.keys(about.module_fields['name'] as object)
    }

    expect(await told('v2')).toEqual(['name', 'type', 'label', 'required', 'options'])
    expect(await told('v3')).toContain('group')
    expect(await told('v3')).not.toContain('calculated')
    expect(await told('v3_1')).not.toContain('len')
    expect(await told('v4')).toContain('len')
  })

  it('has check sums that change with the fields', async () => {
    const [before_, after] = await Promise.all(
      [coreCatalog, customised].map(async catalog => {
        const { ask } = before(nothing, { catalog })
        return (await ask('get_module_fields_md5', ['Accounts', 'Contacts'])) as Record<string, string>
      }),
    )

    expect(after?.['Contacts']).toBe(before_?.['Contacts'])
    expect(after?.['Accounts']).not.toBe(before_?.['Accounts'])
  })
})

describe('what was added to an installation', () => {
  it('is told of, listed, read, searched and written like the rest', async () => {
    const { call, asked } = before(
      ({ name }) => (name === 'LegacyEntryList' ? page([{ id: 'h', name: 'Bee' }]) : { data: { record: { id: 'h' } } }),
      { catalog: customised },
    )
    const ask = (method: string, ...args: readonly unknown[]) => call(method, [sessionId, ...args], { version: 'v4' })

    expect(await ask('get_module_fields', 'Accounts', ['tier_c'])).toMatchObject({
      module_fields: { tier_c: { type: 'enum', label: 'Tier:', len: 100 } },
    })
    const { modules } = (await ask('get_available_modules', 'default')) as Modules
    expect(modules.map(({ module_key }) => module_key)).toContain('Hives')
    expect(
      await ask('get_entry_list', 'Hives', "hives.name LIKE 'B%'", 'name', 0, ['id', 'name'], [], 5, 0),
    ).toMatchObject({ entry_list: [{ module_name: 'Hives', name_value_list: { name: { value: 'Bee' } } }] })
    expect(await ask('set_entry', 'Hives', { name: 'Bee' })).toMatchObject({ id: 'h' })
    await ask('get_entries_count', 'Accounts', "accounts_cstm.tier_c = 'x'", 0).catch(() => undefined)
    expect(asked.at(-1)?.variables).toMatchObject({ filter: { tier_c: { eq: 'x' } } })
  })
})

describe('the list of modules', () => {
  const access = (module: string, action: string, level: string) => ({ module, actions: [{ action, level }] })
  const limited = before(
    () => ({
      data: { access: [access('Accounts', 'access', 'DISABLED'), access('Contacts', 'edit', 'NONE')] },
    }),
    { principal: { isAdmin: false } },
  )

  it('holds what the menu shows, or everything', async () => {
    const { ask } = before(nothing)
    const keys = async (filter: string) =>
      ((await ask('get_available_modules', filter)) as Modules).modules.map(({ module_key }) => module_key)

    expect((await keys('default')).slice(0, 3)).toEqual(['Home', 'Accounts', 'Contacts'])
    expect(await keys('default')).not.toContain('Users')
    expect(await keys('all')).toContain('Users')
  })

  it("leaves out what the user's roles close, and tells what they may do", async () => {
    const { modules } = (await limited.ask('get_available_modules', 'all')) as Modules
    const contacts = modules.find(({ module_key }) => module_key === 'Contacts')

    expect(modules.map(({ module_key }) => module_key)).not.toContain('Accounts')
    expect(contacts?.acls.find(({ action }) => action === 'edit')?.access).toBe(false)
    expect(contacts?.acls.find(({ action }) => action === 'list')?.access).toBe(true)
  })

  it('closes the fields and views of these modules too', async () => {
    expect(await limited.ask('get_module_fields', 'Accounts')).toEqual(noAccess)
    expect(await limited.ask('get_module_layout', ['Accounts', 'Contacts'], ['default'], ['list'])).toMatchObject({
      Contacts: { default: { list: { NAME: { link: true } } } },
    })
  })
})

describe('labels', () => {
  it('are answered of a module, of options and as check sums', async () => {
    const { ask } = before(nothing)

    expect(await ask('get_language_definition', ['Accounts', 'app_list_strings', 'Nope'])).toMatchObject({
      Accounts: { LBL_NAME: 'Name:' },
      app_list_strings: { industry_dom: { Technology: 'Technology' }, moduleList: { Accounts: 'Accounts' } },
      Nope: [],
    })
    expect(await ask('get_language_definition', 'Accounts', true)).toEqual({
      Accounts: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
    })
  })
})

describe('search_by_module', () => {
  it('finds the beginning of a text, of whole names too, and leaves out modules that are closed', async () => {
    const { ask, asked } = before(({ text }) =>
      text.includes('accounts(')
        ? { data: null, errors: [{ message: 'no', extensions: { code: 'FORBIDDEN' } }] }
        : page([{ id: 'c', first_name: 'Ann', last_name: 'Lee', full_name: 'Ann Lee' }]),
    )

    const answer = await ask('search_by_module', "ann%'", ['Contacts', 'Accounts', 'Nope'], 0, 5, '', ['id', 'name'])

    expect(answer).toEqual({
      entry_list: [
        {
          name: 'Contacts',
          records: [{ id: { name: 'id', value: 'c' }, name: { name: 'name', value: 'Ann Lee' } }],
        },
      ],
    })
    expect(JSON.stringify(asked[1]?.variables['filter'])).toContain('ann%&#039;%')
    expect(asked.every(({ variables }) => variables['first'] === undefined || variables['first'] === 6)).toBe(true)
  })
})
