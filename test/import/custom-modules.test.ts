import { beforeAll, expect, it } from 'vitest'
import { loadCatalog } from '../../drizzle/custom-fields.ts'
import { importSuitecrm } from '../../drizzle/import/import.ts'
import { reportText, type ImportReport } from '../../drizzle/import/report.ts'
import { definitionsVersion } from '../../drizzle/own-catalog.ts'
import { testDatabase } from '../database.ts'
import { describeWithMysql } from '../mysql.ts'
import { suitecrm } from './suitecrm.ts'

const { pool } = await testDatabase()

/** A module as SuiteCRM's Module Builder makes it, with a field of Studio's and a relationship. */
const boats = `
  create table acme_boats (id char(36) not null primary key, name varchar(255), date_entered datetime, date_modified datetime,
    modified_user_id char(36), created_by char(36), description text, deleted tinyint(1) default 0, assigned_user_id char(36),
    hull varchar(40), seats int(11), is_sailing tinyint(1), price decimal(26,6), launched date, surveyed_at datetime,
    harbour_id char(36), tonnage bigint, draught float, Weird$Name varchar(10), plan blob);
  create table acme_boats_cstm (id_c char(36) not null primary key, shade_c varchar(100));
  create table acme_boats_accounts_c (id varchar(36) not null primary key, date_modified datetime, deleted tinyint(1) default 0,
    acme_boats_accountsacme_boats_ida varchar(36), acme_boats_accountsaccounts_idb varchar(36));
  insert into fields_meta_data (id, custom_module, name, vname, type, len, deleted) values
    ('acme_Boatsshade_c', 'acme_Boats', 'shade_c', 'LBL_SHADE', 'varchar', 100, 0);
  insert into relationships (id, relationship_name, lhs_module, lhs_table, lhs_key, rhs_module, rhs_table, rhs_key, join_table,
      join_key_lhs, join_key_rhs, relationship_type, deleted) values
    ('r1', 'acme_boats_modified_user', 'Users', 'users', 'id', 'acme_Boats', 'acme_boats', 'modified_user_id', null, null, null, 'one-to-many', 0),
    ('r2', 'acme_boats_accounts', 'acme_Boats', 'acme_boats', 'id', 'Accounts', 'accounts', 'id', 'acme_boats_accounts_c',
      'acme_boats_accountsacme_boats_ida', 'acme_boats_accountsaccounts_idb', 'many-to-many', 0);
  insert into accounts (id, name, deleted) values ('a1', 'Acme', 0);
  insert into acme_boats (id, name, date_modified, deleted, hull, seats, is_sailing, price, launched, surveyed_at, harbour_id, tonnage, draught)
    values ('b1', 'Ann', '2030-01-01 10:20:30', 0, 'oak', 4, 1, 99.5, '1999-12-31', '2030-01-02 00:00:00', 'h1', 9007199254740993, 0.5),
      ('b2', 'Bob', '2030-01-01 10:20:31', 1, null, null, null, null, null, null, null, null, null);
  insert into acme_boats_cstm values ('b1', 'red');
  insert into acme_boats_accounts_c values ('p1', '2030-01-01 10:20:30', 0, 'b1', 'a1')`

/** What cannot be a module here. */
const unfit = `
  create table boats_again (id char(36) not null primary key, date_modified datetime, deleted tinyint(1));
  insert into boats_again values ('x', null, 0);
  insert into relationships (id, relationship_name, lhs_module, lhs_table, rhs_module, rhs_table, deleted) values
    ('r3', 'again_modified_user', 'Users', 'users', 'contacts', 'boats_again', 0),
    ('r4', 'lost_modified_user', 'Users', 'users', 'acme_Lost', 'acme_lost', 0)`

describeWithMysql('modules that only one installation has', () => {
  const source = suitecrm('clean')
  const run = () => importSuitecrm({ source: source.url, pool, filesDir: '/nowhere' })
  let report: ImportReport
  beforeAll(async () => {
    await source.change(boats)
    await source.change(unfit)
    report = await run()
  })

  it('become modules here, with a field for every column and for what Studio has added', async () => {
    const fields = (await loadCatalog(pool)).byName.get('acme_Boats')?.fields ?? {}
    const kinds = Object.fromEntries(Object.entries(fields).map(([name, { kind }]) => [name, kind]))

    expect(kinds).toMatchObject({
      ...{ name: 'name', hull: 'varchar', seats: 'int', is_sailing: 'bool', price: 'currency', launched: 'date' },
      ...{ surveyed_at: 'datetimecombo', harbour_id: 'id', tonnage: 'float', shade_c: 'varchar' },
    })
    expect(Object.keys(kinds).filter(name => /weird|plan/i.test(name))).toEqual([])
  })

  it('bring their records, with every value, and count them', async () => {
    const [boat] =
      await pool`select name, hull, seats, is_sailing, price, launched, surveyed_at, harbour_id, tonnage, draught, shade_c
      from acme_boats where id = 'b1'`

    expect(boat).toEqual({
      ...{ name: 'Ann', hull: 'oak', seats: 4, is_sailing: true, price: '99.500000', launched: '1999-12-31' },
      ...{
        surveyed_at: '2030-01-02 00:00:00',
        harbour_id: 'h1',
        tonnage: '9007199254740993',
        draught: 0.5,
        shade_c: 'red',
      },
    })
    expect(report.tables.find(({ table }) => table === 'acme_boats')).toMatchObject({ source: 2, imported: 2 })
    expect(report.mistakes).toEqual([])
    expect(report.modules).toEqual([{ module: 'acme_Boats', table: 'acme_boats', links: ['acme_boats_accounts'] }])
  })

  it('keep their relationships, from both ends, by the name that SuiteCRM has for them', async () => {
    const catalog = await loadCatalog(pool)
    const linked = (module: string) => {
      const found = catalog.byName.get(module)
      return found && catalog.links(found).get('acme_boats_accounts')?.target.name
    }

    expect([linked('acme_Boats'), linked('Accounts')]).toEqual(['Accounts', 'acme_Boats'])
    expect(
      await pool`select acme_boats_accountsacme_boats_ida as boat, acme_boats_accountsaccounts_idb as account
      from acme_boats_accounts_c`,
    ).toEqual([{ boat: 'b1', account: 'a1' }])
  })

  it('are named where they cannot be taken over, and so is what stays behind of them', () => {
    expect(report.refusedModules).toEqual([{ module: 'contacts', reason: 'there is a module Contacts here' }])
    expect(report.differences.unknownTables).toContainEqual({ name: 'boats_again', rows: 1, isExact: true })
    expect(report.differences.unknownColumns).toEqual([
      { table: 'acme_boats', column: 'Weird$Name' },
      { table: 'acme_boats', column: 'plan' },
    ])
    expect(reportText(report)).toContain('acme_Boats: table acme_boats, links acme_boats_accounts')
    expect(reportText(report)).toContain('contacts: there is a module Contacts here')
  })

  it('are served at once: the definitions have a new version, but only when something has changed', async () => {
    const first = await definitionsVersion(pool)
    const again = await run()
    const second = await definitionsVersion(pool)
    await source.change('alter table acme_boats add column keel varchar(20)')
    await source.change("update acme_boats set keel = 'deep', date_modified = '2031-01-01' where id = 'b1'")
    await run()

    expect(first).toBeGreaterThan(0)
    expect([again.mistakes, second]).toEqual([[], first])
    expect(await definitionsVersion(pool)).toBeGreaterThan(second)
    expect(await pool`select keel from acme_boats where id = 'b1'`).toEqual([{ keel: 'deep' }])
  })
})
