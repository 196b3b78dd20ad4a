import { describe, expect, it } from 'vitest'
import { before, noAccess, page } from './door.ts'

/** The filter that the graph is asked for. */
async function filterOf(module: string, query: string) {
  const { ask, asked } = before(() => page([]))
  await ask('get_entry_list', module, query, '', 0, ['id'], [], 5, 0)
  expect(asked, query).toHaveLength(1)
  return asked[0]?.variables['filter']
}

const byAddress = (from: string, where: string) =>
  `contacts.id in (SELECT eabr.bean_id FROM email_addr_bean_rel eabr ${from} WHERE ${where})`
const join = 'JOIN email_addresses ea ON (ea.id = eabr.email_address_id)'

describe('a query fragment', () => {
  it.each([
    ['Accounts', "accounts.name = 'x'", { name: { eq: 'x' } }],
    ['Accounts', "accounts.name LIKE 'x%'", { name: { like: 'x%' } }],
    ['Accounts', "accounts.id IN ('a','b')", { id: { in: ['a', 'b'] } }],
    ['Users', "users.id IN ('1')", { id: { in: ['1'] } }],
    [
      'Cases',
      "(cases.name LIKE '%x%' OR cases.case_number LIKE 'x')",
      { or: [{ name: { like: '%x%' } }, { case_number: { like: 'x' } }] },
    ],
    [
      'Contacts',
      "contacts.first_name LIKE '%a%' AND contacts.last_name LIKE '%b%'",
      { and: [{ first_name: { like: '%a%' } }, { last_name: { like: '%b%' } }] },
    ],
    ['Users', 'users.deleted = 0', { deleted: { eq: false } }],
    ['Leads', "leads.date_modified > ''", { date_modified: { null: false } }],
    ['Leads', "leads.date_modified > '2020/1/2T3:04 UTC'", { date_modified: { gt: '2020-01-02T03:04:00Z' } }],
    [
      'Leads',
      " leads.date_modified >= '2020-01-01 00:00:00' AND leads.date_modified <= '2020-02-01' ",
      { and: [{ date_modified: { gte: '2020-01-01T00:00:00Z' } }, { date_modified: { lte: '2020-02-01T00:00:00Z' } }] },
    ],
    [
      'Leads',
      " leads.deleted=0 AND leads.id IN (SELECT bean_id FROM email_addr_bean_rel eabr JOIN email_addresses ea ON (eabr.email_address_id = ea.id) WHERE bean_module = 'Leads' AND ea.email_address = 'x' AND eabr.deleted=0) ",
      { and: [{ deleted: { eq: false } }, { email1: { eq: 'x' } }] },
    ],
    [
      'Contacts',
      "contacts.id in (select eabr.bean_id from email_addr_bean_rel eabr INNER JOIN email_addresses ea on eabr.email_address_id = ea.id where eabr.bean_module = 'Contacts' and ea.email_address LIKE '%x%')",
      { email1: { like: '%x%' } },
    ],
    ['Contacts', byAddress(join, "eabr.deleted=0 and ea.email_address = 'x'"), { email1: { eq: 'x' } }],
    [
      'Contacts',
      byAddress(join, "eabr.deleted=0 and ea.email_address = 'x'").replace(' in ', ' NOT IN '),
      { not: { email1: { eq: 'x' } } },
    ],
    ['Contacts', byAddress(join, "eabr.bean_module = 'Leads' and ea.email_address = 'x'"), { or: [] }],
    ['Accounts', "accounts_cstm.jjwg_maps_address_c = 'x'", { jjwg_maps_address_c: { eq: 'x' } }],
    ['Accounts', "accounts_cstm.id_c = 'x'", { id: { eq: 'x' } }],
    ['Accounts', "LOWER(accounts.name)='x'", { name: { eq: 'x' } }],
    ['Accounts', "name='x'", { name: { eq: 'x' } }],
    ['Accounts', "`accounts`.`name`='x'", { name: { eq: 'x' } }],
    ['Accounts', "'x' = accounts.name", { name: { eq: 'x' } }],
    ['Calls', "status = 'status'", { status: { eq: 'status' } }],
    ['Users', "users.receive_notifications LIKE '_%'", { receive_notifications: { null: false } }],
    ['Accounts', 'accounts.industry IS NULL', { industry: { null: true } }],
    ['Accounts', 'accounts.industry IS NOT NULL', { industry: { null: false } }],
    ['Accounts', "IFNULL(accounts.industry,'') = ''", { or: [{ industry: { eq: '' } }, { industry: { null: true } }] }],
    ['Contacts', "contacts.do_not_call = '1'", { do_not_call: { eq: true } }],
    ['Contacts', 'contacts.do_not_call', { do_not_call: { eq: true } }],
    ['Opportunities', "opportunities.amount > '1234.5'", { amount: { gt: 1234.5 } }],
    [
      'Opportunities',
      "opportunities.date_closed BETWEEN '2020-01-01' AND '2020-12-31'",
      { and: [{ date_closed: { gte: '2020-01-01' } }, { date_closed: { lte: '2020-12-31' } }] },
    ],
    [
      'Contacts',
      "CONCAT(IFNULL(contacts.first_name,''),' ',contacts.last_name) LIKE 'a b%'",
      {
        and: [
          { concat: [{ parts: [{ field: 'first_name' }, { text: ' ' }, { field: 'last_name' }], like: 'a b%' }] },
          { last_name: { null: false } },
        ],
      },
    ],
    ['Accounts', '1=1', { and: [] }],
    ['Accounts', "'a'='b'", { or: [] }],
  ])('of %s is understood: %s', async (module, query, expected) => {
    expect(await filterOf(module, query)).toEqual(expected)
  })

  it.each([
    ["'O\\'Lee'", "O'Lee"],
    ["'O''Lee'", "O'Lee"],
    ['"say ""x"""', 'say "x"'],
    ["'a\\\\b\\n'", 'a\\b\n'],
    ["'-- no; comment /* here */ #'", '-- no; comment /* here */ #'],
  ])('reads the text %s as MariaDB does', async (text, value) => {
    expect(await filterOf('Accounts', `accounts.name = ${text}`)).toEqual({ name: { eq: value } })
  })

  it('binds AND before OR, and parentheses before both', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map(name => ({ name: { eq: name } }))

    expect(await filterOf('Accounts', "name='a' OR name='b' AND name='c'")).toEqual({ or: [a, { and: [b, c] }] })
    expect(await filterOf('Accounts', "name='a' AND name='b' OR name='c'")).toEqual({ or: [{ and: [a, b] }, c] })
    expect(await filterOf('Accounts', "(name='a' OR name='b') AND name='c'")).toEqual({ and: [{ or: [a, b] }, c] })
    expect(await filterOf('Accounts', "NOT name='a' AND name='b'")).toEqual({ and: [{ name: { neq: 'a' } }, b] })
    expect(await filterOf('Accounts', "name='a' OR name IS NULL AND name BETWEEN 'b' AND 'c' OR name='c'")).toEqual({
      or: [a, { and: [{ name: { null: true } }, { and: [{ name: { gte: 'b' } }, { name: { lte: 'c' } }] }] }, c],
    })
  })

  it.each([
    ["NOT (name = 'x')", { name: { neq: 'x' } }],
    ["name NOT LIKE 'x'", { and: [{ not: { name: { like: 'x' } } }, { name: { null: false } }] }],
    ["name NOT IN ('x','y')", { and: [{ not: { name: { in: ['x', 'y'] } } }, { name: { null: false } }] }],
    ["name NOT IN ('x', NULL)", { or: [] }],
    ['NOT (name = NULL)', { or: [] }],
    ["NOT (name > 'x' AND NOT employees = '5')", { or: [{ name: { lte: 'x' } }, { employees: { eq: '5' } }] }],
    ['NOT (name IS NULL)', { name: { null: false } }],
    ["NOT (date_entered > '')", { or: [] }],
  ])('holds of no empty field that it says nothing of: %s', async (query, expected) => {
    expect(await filterOf('Accounts', query)).toEqual(expected)
  })

  it.each([
    ['another clause', '1=1 UNION SELECT id FROM users'],
    ['another clause', "accounts.name='x' ORDER BY 1"],
    ['another clause', "accounts.name='x' LIMIT 1"],
    ['another clause', "accounts.name = 'x' INTO OUTFILE '/tmp/y'"],
    ['a way out of the parentheses', "accounts.name='x') or (1=1"],
    ['a way out of the parentheses', '1=1) UNION SELECT user_hash FROM users WHERE (1=1'],
    ['a second statement', "accounts.name='x'; DROP TABLE accounts"],
    ['a comment', "accounts.name='x' -- y"],
    ['a comment', "accounts.name='x' # y"],
    ['a comment', "accounts.name='x' /*! OR 1=1 */"],
    ['a secret', "users.user_hash LIKE '$2y%'"],
    ['a secret', "user_hash = 'x'"],
    ['another table', "users.user_name = 'x'"],
    ['another table', 'mysql.user.host IS NOT NULL'],
    ['a column that does not exist', "accounts.nope = '1'"],
    ['a name of an object', "constructor = 'x'"],
    ['a name of an object', "__proto__ = 'x'"],
    ['a function', 'sleep(1)=0'],
    ['a function', 'benchmark(1000000, md5(1))'],
    ['a function', "load_file('/etc/passwd') IS NOT NULL"],
    ['a sub-select', 'accounts.id IN (SELECT id FROM users)'],
    ['a sub-select', 'accounts.id = (SELECT id FROM users LIMIT 1)'],
    ['a sub-select', 'EXISTS (SELECT 1)'],
    ['a sub-select of another table', byAddress(`${join}, users u`, "u.user_hash LIKE 'x%' and ea.email_address='x'")],
    ['a sub-select without an address', byAddress(join, 'eabr.deleted=0')],
    ['a sub-select with more', byAddress(join, "ea.email_address = 'x' OR 1=1")],
    ['a sub-select of deleted addresses', byAddress(join, "ea.email_address = 'x' AND eabr.deleted=1")],
    ['a variable', 'accounts.name = @@version'],
    ['an assignment', 'accounts.name = (@a := 1)'],
    ['a placeholder', 'accounts.name = ?'],
    ['a pattern of another kind', "accounts.name REGEXP 'x'"],
    ['a NUL', "accounts.name = 'a\\0b'"],
    ['no end', "accounts.name = 'x"],
    ['no end', "accounts.name = 'x' AND"],
  ])('with %s is refused, and the log says why: %s', async (_case, query) => {
    const { ask, asked, logged } = before(() => page([]))
    const module = query.startsWith('contacts.')
      ? 'Contacts'
      : query.startsWith('users.user_hash')
        ? 'Users'
        : 'Accounts'

    expect(await ask('get_entry_list', module, query, '', 0, ['id'], [], 5, 0)).toEqual(noAccess)
    expect(await ask('get_entries_count', module, query, 0)).toEqual(noAccess)

    expect(asked).toEqual([])
    expect(logged).toEqual(Array(2).fill({ module, construct: expect.any(String) as unknown }))
  })
})

describe('a query fragment without end', () => {
  it.each([
    ['nested', `${'('.repeat(500)}1=1${')'.repeat(500)}`],
    ['negated', `${'NOT '.repeat(2000)}1=1`],
    ['long', `accounts.name IN (${Array(20_000).fill("'x'").join()})`],
    ['chained', Array(10_000).fill('1').join(' OR ')],
    ['summed', `accounts.name = ${Array(10_000).fill('1').join(' + ')}`],
    ['made of calls', `${'LOWER('.repeat(3000)}name${')'.repeat(3000)} = 'x'`],
    ['open', '('.repeat(40_000)],
    ['quoted', "'".repeat(40_001)],
  ])('is answered when it is %s', async (_case, query) => {
    const { ask } = before(() => page([]))

    expect(await ask('get_entries_count', 'Accounts', query, 0)).toBeDefined()
  })
})

describe('an order', () => {
  const sortOf = async (orderBy: string) => {
    const { ask, asked } = before(() => page([]))
    const answer = await ask('get_entry_list', 'Accounts', '', orderBy, 0, ['id'], [], 5, 0)
    return asked[0]?.variables['sort'] ?? answer
  }

  it('is that of the fields it names', async () => {
    expect(await sortOf('date_entered DESC, name')).toEqual([
      { field: 'date_entered', direction: 'DESC' },
      { field: 'name', direction: 'ASC' },
    ])
  })

  it.each(['', 'nope', 'accounts.name desc', 'contacts'])('is the one by id for %j', async orderBy => {
    expect(await sortOf(orderBy)).toEqual([{ field: 'id', direction: 'ASC' }])
  })

  it.each(['name; DROP TABLE x', 'name LIMIT 1', 'sleep(1)', '(SELECT 1)', 'name -- x'])(
    'refuses %s',
    async orderBy => {
      expect(await sortOf(orderBy)).toEqual(noAccess)
    },
  )
})
