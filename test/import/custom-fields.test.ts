import { beforeAll, expect, it } from 'vitest'
import { loadCatalog } from '../../drizzle/custom-fields.ts'
import { importSuitecrm } from '../../drizzle/import/import.ts'
import { reportText, type ImportReport } from '../../drizzle/import/report.ts'
import { isStored } from '../../schema/field.ts'
import { testDatabase } from '../database.ts'
import { describeWithMysql } from '../mysql.ts'
import { differencesBetween } from './compare.ts'
import { suitecrm } from './suitecrm.ts'

const { pool } = await testDatabase()

/** Name, Studio's type, the column that Studio makes of it, and what its description says besides. */
const described: [name: string, type: string, column: string, extras?: Record<string, unknown>][] = [
  ['shade_c', 'varchar', 'varchar(100)', { len: 100, default_value: 'red', required: 1, audited: 1 }],
  ['story_c', 'text', 'text'],
  ['page_c', 'wysiwyg', 'text'],
  ['floors_c', 'int', 'int(11)', { len: 11 }],
  ['height_c', 'float', 'float'],
  ['share_c', 'decimal', 'decimal(20,4)', { len: 18, ext1: '2' }],
  ['worth_c', 'currency', 'decimal(26,6)', { len: 26 }],
  ['currency_id', 'currency_id', 'char(36)'],
  ['listed_c', 'bool', 'tinyint(1)', { default_value: '0' }],
  ['founded_c', 'date', 'date', { default_value: '-1 day' }],
  ['seen_c', 'datetimecombo', 'datetime'],
  ['level_c', 'enum', 'varchar(100)', { ext1: 'account_type_dom' }],
  ['mood_c', 'radioenum', 'varchar(100)', { ext1: 'a_list_of_ours' }],
  ['tags_c', 'multienum', 'text', { ext1: 'industry_dom', ext4: '^Banking^' }],
  ['hotline_c', 'phone', 'varchar(255)', { len: 255 }],
  ['wiki_c', 'url', 'varchar(255)', { len: 255, ext4: '_blank' }],
  ['map_c', 'iframe', 'varchar(255)'],
  ['logo_c', 'image', 'varchar(255)'],
  ['code_c', 'encrypt', 'varchar(255)'],
  ['contact_id_c', 'id', 'char(36)'],
  ['buyer_c', 'relate', '', { ext2: 'Contacts', ext3: 'contact_id_c' }],
  ['banner_c', 'html', '', { ext4: '<b>Hello</b>' }],
  ['strange_c', 'starmap', 'varchar(255)'],
]

describeWithMysql('custom fields', () => {
  const source = suitecrm('clean')
  const run = () => importSuitecrm({ source: source.url, pool, filesDir: '/nowhere' })
  let report: ImportReport
  beforeAll(async () => {
    for (const [name, type, column, extras] of described) {
      await source.change('insert into fields_meta_data set ?', [
        {
          id: `Accounts${name}`,
          custom_module: 'Accounts',
          name,
          type,
          vname: `LBL_${name.toUpperCase()}`,
          deleted: 0,
          ...extras,
        },
      ])
      if (column) await source.change(`alter table accounts_cstm add column \`${name}\` ${column}`)
    }
    await source.change(`
      alter table accounts_cstm add column forgotten_c varchar(10);
      alter table accounts add column addon varchar(10);
      create table a_module_of_ours (id char(36) primary key);
      insert into a_module_of_ours values ('1'), ('2');
      insert into accounts (id, name, deleted) values ('full', 'Full', 0), ('bare', 'Bare', 0);
      insert into accounts_cstm (id_c, shade_c, story_c, page_c, floors_c, height_c, share_c, worth_c, currency_id, listed_c, founded_c, seen_c, level_c,
        mood_c, tags_c, hotline_c, wiki_c, map_c, logo_c, code_c, contact_id_c, strange_c, jjwg_maps_lat_c) values
        ('full', 'grün', 'long', '<p>x</p>', 12, 0.5, 1234567890123456.7891, 99.5, '-99', 1, '1999-12-31', '2030-01-01 10:20:30', 'Customer',
        'good', '^Banking^,^Energy^', '+49', 'http://x', 'http://y', 'l.png', 'Zm9v', 'c1', 'Sirius', 51.12345678);
      insert into accounts_cstm (id_c, shade_c) values ('orphan', 'blue');
      insert into fields_meta_data (id, custom_module, name, type, deleted) values
        ('h1', 'Accounts', 'x"; drop table users; --', 'varchar', 0),
        ('h2', 'Accounts', 'x\`_c', 'varchar', 0),
        ('h3', 'Accounts', 'Upper_c', 'varchar', 0),
        ('h4', 'Accounts', 'record_version', 'int', 0),
        ('h5', 'Accounts', 'name', 'int', 0),
        ('h6', 'Accounts', 'email_addresses', 'varchar', 0),
        ('h7', 'Accounts', '__typename', 'varchar', 0),
        ('h8', 'Accounts', repeat('n', 64), 'varchar', 0),
        ('h9', 'a_module_of_ours', 'size_c', 'int', 0),
        ('h10', 'Accounts', 'not', 'varchar', 0),
        ('h11', null, null, null, 0),
        ('h12', 'Accounts', 'gone_c', 'varchar', 1),
        ('h13', 'Accounts', 'shade_c', 'int', 0)`)
    report = await run()
  })

  it('become columns of the record itself, with every value', async () => {
    expect((await differencesBetween(source, pool)).differences).toEqual([])
    const [full] =
      await pool`select shade_c, share_c, worth_c, height_c, listed_c, seen_c, tags_c from accounts where id = 'full'`
    const [bare] = await pool`select shade_c, listed_c, jjwg_maps_lat_c from accounts where id = 'bare'`

    expect(full).toEqual({
      shade_c: 'grün',
      share_c: '1234567890123456.7891',
      worth_c: '99.500000',
      height_c: 0.5,
      listed_c: true,
      seen_c: '2030-01-01 10:20:30',
      tags_c: '^Banking^,^Energy^',
    })
    expect(bare).toEqual({ shade_c: null, listed_c: null, jjwg_maps_lat_c: null })
  })

  it('are in the catalog as SuiteCRM defines them, and every stored one has its column', async () => {
    const catalog = await loadCatalog(pool)
    const fields = catalog.byName.get('Accounts')?.fields ?? {}

    expect(described.map(([name]) => [name, fields[name]?.kind])).toEqual([
      ['shade_c', 'varchar'],
      ['story_c', 'text'],
      ['page_c', 'text'],
      ['floors_c', 'int'],
      ['height_c', 'float'],
      ['share_c', 'float'],
      ['worth_c', 'currency'],
      ['currency_id', 'id'],
      ['listed_c', 'bool'],
      ['founded_c', 'date'],
      ['seen_c', 'datetimecombo'],
      ['level_c', 'enum'],
      ['mood_c', 'enum'],
      ['tags_c', 'multienum'],
      ['hotline_c', 'phone'],
      ['wiki_c', 'url'],
      ['map_c', 'url'],
      ['logo_c', 'image'],
      ['code_c', 'varchar'],
      ['contact_id_c', 'id'],
      ['buyer_c', 'relate'],
      ['banner_c', 'none'],
      ['strange_c', 'varchar'],
    ])
    expect(Object.entries(fields.shade_c ?? {})).toEqual([
      ['required', true],
      ['source', 'custom_fields'],
      ['vname', 'LBL_SHADE_C'],
      ['kind', 'varchar'],
      ['default', 'red'],
      ['len', '100'],
      ['label', 'Shade'],
      ['audited', true],
    ])
    expect(fields.buyer_c).toMatchObject({
      source: 'non-db',
      idName: 'contact_id_c',
      module: 'Contacts',
      rname: 'name',
    })
    expect(fields.banner_c).toMatchObject({ source: 'non-db', default: '<b>Hello</b>' })
    expect(fields.level_c?.options).toBe('account_type_dom')
    const columns = await pool`select column_name as name from information_schema.columns where table_name = 'accounts'`
    expect(columns.map(({ name }) => String(name))).toEqual(
      expect.arrayContaining(Object.keys(fields).filter(name => fields[name] && isStored(fields[name]))),
    )
    expect(Object.keys(catalog.byName.get('Contacts')?.fields ?? {})).not.toContain('shade_c')
  })

  it('with names that cannot be columns are refused, and do no harm', async () => {
    const refused = report.refusedFields.map(({ module, name }) => `${module}.${name}`)

    expect(refused.toSorted()).toEqual(
      [
        '.',
        'Accounts.Upper_c',
        'Accounts.__typename',
        'Accounts.email_addresses',
        'Accounts.name',
        `Accounts.${'n'.repeat(64)}`,
        'Accounts.not',
        'Accounts.record_version',
        'Accounts.shade_c',
        'Accounts.x"; drop table users; --',
        'Accounts.x`_c',
        'a_module_of_ours.size_c',
      ].toSorted(),
    )
    expect(await pool`select count(*)::integer as users from users`).toEqual([{ users: 1 }])
    expect(reportText(report)).toContain('a name here is at most 63 of a-z')
  })

  it('and whatever else is unknown are named in the report', () => {
    expect(report.differences.unknownColumns).toEqual([
      { table: 'accounts', column: 'addon' },
      { table: 'accounts_cstm', column: 'forgotten_c' },
    ])
    expect(report.differences.unknownTables).toContainEqual({ name: 'a_module_of_ours', rows: 2, isExact: true })
    expect(report.tables.find(({ table }) => table === 'accounts_cstm')).toMatchObject({
      source: 2,
      imported: 1,
      skipped: { 'there is no record with its id': 1 },
    })
  })

  it('that change their type keep every value: the column widens, or stays', async () => {
    await source.change(`
      update fields_meta_data set type = 'varchar' where id = 'Accountsfloors_c';
      alter table accounts_cstm modify floors_c varchar(50);
      update accounts_cstm set floors_c = 'twelve' where id_c = 'full';
      update fields_meta_data set type = 'int' where id = 'Accountsshade_c';
      alter table accounts_cstm modify share_c decimal(30,8)`)

    const { columns, mistakes, findings } = await run()
    const fields = (await loadCatalog(pool)).byName.get('Accounts')?.fields ?? {}

    expect({ mistakes, findings }).toEqual({ mistakes: [], findings: [] })
    expect(columns).toEqual([
      { table: 'accounts', column: 'floors_c', change: 'widened', type: 'text', wanted: 'text' },
      { table: 'accounts', column: 'shade_c', change: 'kept', type: 'text', wanted: 'integer' },
      { table: 'accounts', column: 'share_c', change: 'widened', type: 'numeric(30,8)', wanted: 'numeric(30,8)' },
    ])
    expect(await pool`select floors_c, shade_c from accounts where id = 'full'`).toEqual([
      { floors_c: 'twelve', shade_c: 'grün' },
    ])
    expect([fields.floors_c?.kind, fields.shade_c?.kind]).toEqual(['varchar', 'varchar'])
  })
})
