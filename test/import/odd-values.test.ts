import { beforeAll, expect, it } from 'vitest'
import { importSuitecrm } from '../../drizzle/import/import.ts'
import { reportText, type ImportReport } from '../../drizzle/import/report.ts'
import { testDatabase } from '../database.ts'
import { describeWithMysql } from '../mysql.ts'
import { suitecrm } from './suitecrm.ts'

const { pool } = await testDatabase()

describeWithMysql('values that cannot be kept as they are', () => {
  const source = suitecrm('clean')
  let report: ImportReport
  beforeAll(async () => {
    await source.change(`
      alter table accounts convert to character set utf8mb4, modify annual_revenue blob, modify parent_id varchar(100),
        modify id varchar(100);
      alter table calls modify duration_hours bigint, modify duration_minutes varchar(20);
      alter table aos_quotes modify total_amt decimal(40,10);
      alter table contacts modify birthdate varchar(30), modify date_entered datetime(3);
      alter table tasks modify date_start timestamp null;
      insert into accounts (id, name, description, annual_revenue, deleted, date_entered, date_modified, parent_id) values
        ('plain', 'Ünïcödé 漢字 🦊 \\\\ "quoted", {braces}', 'tab\\there\\nline\\rreturn', 'x', 0, '2030-01-02 03:04:05', '9999-12-31 23:59:59', 'up'),
        ('nul', 'a\\0b', null, null, null, '0000-00-00 00:00:00', '2020-00-15 00:00:00', null),
        ('bytes', null, '', unhex('ff41'), 2, '2020-02-31 10:00:00', '2020-02-29 10:00:00', repeat('p', 37)),
        ('NULL', '\\\\N', 'NULL', '', 1, null, null, 'null'),
        (repeat('i', 37), 'too long an id', null, null, 0, null, null, null),
        (repeat('ü', 36), 'just short enough', null, null, 0, null, null, null),
        ('', 'no id at all', null, null, 0, null, null, null);
      insert into calls (id, name, duration_hours, duration_minutes) values
        ('far', 'c', 3000000000, 'a while'), ('fits', 'c', -2147483648, '007'), ('half', 'c', 1, '1.5'), ('whole', 'c', 1, '5.000');
      insert into aos_quotes (id, total_amt, subtotal_amount) values
        ('fine', 12345678901234567890.123456, 0.1), ('finer', 0.0000001, -0.000001), ('large', 123456789012345678901, null);
      insert into opportunities (id, amount, probability) values ('o1', 0.1, 1e300), ('o2', 1.7976931348623157e308, 2.2250738585072014e-308);
      insert into contacts (id, birthdate, date_entered) values
        ('born', '1970-01-01', '2020-01-01 00:00:00.000'), ('unborn', 'in May', '2020-01-01 00:00:00.500'), ('leap', '2023-02-29', null);
      insert into project_task (id, project_id, time_due) values ('noon', 'p', '12:00:00'), ('late', 'p', '30:00:00');
      insert into users (id, user_name, user_hash, is_admin) values ('u', 'u', concat('hidden', char(0)), 5),
        ('md5', 'md5', md5('x'), 0), ('crypt', 'crypt', '$1$hidden', 0), ('nobody', 'nobody', '', 0);
      insert into user_preferences (id, category, contents) values ('broken', 'global', 'not base64 of anything'),
        ('object', 'global', to_base64('O:8:"stdClass":0:{}')), ('nested', 'global', to_base64('a:2:{s:2:"ä";a:0:{}s:1:"l";a:2:{i:0;d:0.5;i:1;b:1;}}'));
      insert into oauth2clients (id, secret) values ('c1', concat('deadbeef', char(0)));
      set session time_zone = '+05:00';
      insert into tasks (id, date_start) values ('zoned', '2030-06-01 12:00:00');
    `)
    report = await importSuitecrm({ source: source.url, pool, filesDir: '/nowhere' })
  })

  it('keeps all text as it is, up to four bytes a character', async () => {
    const [plain] = await pool`select name, description, annual_revenue, deleted, date_entered, date_modified, parent_id
      from accounts where id = 'plain'`
    const [nulls] =
      await pool`select name, description, annual_revenue, date_entered, parent_id from accounts where id = 'NULL'`

    expect(plain).toEqual({
      name: 'Ünïcödé 漢字 🦊 \\ "quoted", {braces}',
      description: 'tab\there\nline\rreturn',
      annual_revenue: 'x',
      deleted: false,
      date_entered: '2030-01-02 03:04:05',
      date_modified: '9999-12-31 23:59:59',
      parent_id: 'up',
    })
    expect(nulls).toEqual({
      name: '\\N',
      description: 'NULL',
      annual_revenue: '',
      date_entered: null,
      parent_id: 'null',
    })
  })

  it('keeps what it cannot hold as null, and says which', async () => {
    const found = Object.fromEntries(
      report.findings.map(({ table, column, problem, examples }) => [
        `${table}.${column} ${problem}`,
        examples.map(({ id, value }) => `${id}: ${value}`),
      ]),
    )

    expect(found).toEqual({
      'accounts.id is empty: row left out': [': '],
      'accounts.id has more than 36 characters: row left out': [`${'i'.repeat(37)}: ${'i'.repeat(37)}`],
      'accounts.name has a NUL byte: kept as null': ['nul: a\\x00b'],
      'accounts.deleted is NULL: became false': ['nul: NULL'],
      'accounts.deleted is neither 0 nor 1: became true': ['bytes: 2'],
      'accounts.date_entered is a zero date: kept as null': ['nul: 0000-00-00 00:00:00'],
      'accounts.date_entered is not a date: kept as null': ['bytes: 2020-02-31 10:00:00'],
      'accounts.date_modified is a zero date: kept as null': ['nul: 2020-00-15 00:00:00'],
      'accounts.annual_revenue is not UTF-8: kept as null': ['bytes: \uFFFDA'],
      'accounts.parent_id has more than 36 characters: kept as null': [`bytes: ${'p'.repeat(37)}`],
      'calls.duration_hours is out of range: kept as null': ['far: 3000000000'],
      'calls.duration_minutes is not a number: kept as null': ['far: a while'],
      'calls.duration_minutes is not a whole number: kept as null': ['half: 1.5'],
      'aos_quotes.total_amt has more than 6 decimals: kept as null': ['finer: 0.0000001000'],
      'aos_quotes.total_amt is out of range: kept as null': ['large: 123456789012345678901.0000000000'],
      'contacts.birthdate is not a date: kept as null': ['leap: 2023-02-29', 'unborn: in May'],
      'contacts.date_entered has fractions of a second: kept as null': ['unborn: 2020-01-01 00:00:00.500'],
      'project_task.time_due is not a time of day: kept as null': ['late: 30:00:00'],
      'users.user_hash has a NUL byte: kept as null': ['u: (not shown)'],
      'users.is_admin is neither 0 nor 1: kept as null': ['u: 5'],
      'users.deleted is NULL: became false': ['crypt: NULL', 'md5: NULL', 'nobody: NULL', 'u: NULL'],
      'users.user_hash is a hash that cannot be checked here: the user needs a new password': ['crypt: (not shown)'],
      'user_preferences.contents is not PHP-serialised in base64: kept as null': [
        'broken: (not shown)',
        'object: (not shown)',
      ],
      'oauth2clients.secret has a NUL byte: kept as null': ['c1: (not shown)'],
    })
    expect(JSON.stringify(report) + reportText(report)).not.toMatch(/hidden|deadbeef/)
  })

  it('stores null for those and nothing else', async () => {
    const [account] = await pool`select name, date_entered, date_modified, deleted from accounts where id = 'nul'`
    const calls = await pool`select id, duration_hours, duration_minutes from calls order by id`
    const quotes = await pool`select id, total_amt, subtotal_amount from aos_quotes order by id`
    const doubles = await pool`select id, amount, probability from opportunities order by id`
    const [preferences] = await pool`select contents from user_preferences where id = 'nested'`

    expect(account).toEqual({ name: null, date_entered: null, date_modified: null, deleted: false })
    expect(calls).toEqual([
      { id: 'far', duration_hours: null, duration_minutes: null },
      { id: 'fits', duration_hours: -2147483648, duration_minutes: 7 },
      { id: 'half', duration_hours: 1, duration_minutes: null },
      { id: 'whole', duration_hours: 1, duration_minutes: 5 },
    ])
    expect(quotes).toEqual([
      { id: 'fine', total_amt: '12345678901234567890.123456', subtotal_amount: '0.100000' },
      { id: 'finer', total_amt: null, subtotal_amount: '-0.000001' },
      { id: 'large', total_amt: null, subtotal_amount: null },
    ])
    expect(doubles).toEqual([
      { id: 'o1', amount: 0.1, probability: 1e300 },
      { id: 'o2', amount: Number.MAX_VALUE, probability: 2.2250738585072014e-308 },
    ])
    expect(preferences?.contents).toEqual({ ä: [], l: [0.5, true] })
  })

  it('reads times as UTC, whatever the zone of the server', async () => {
    const [task] = await pool`select date_start from tasks where id = 'zoned'`

    expect(task?.date_start).toBe('2030-06-01 07:00:00')
  })

  it('counts the rows that it leaves out', () => {
    expect(report.mistakes).toEqual([])
    expect(report.tables.find(({ table }) => table === 'accounts')).toMatchObject({
      source: 7,
      imported: 5,
      present: 5,
      skipped: { 'id is empty': 1, 'id has more than 36 characters': 1 },
    })
  })
})
