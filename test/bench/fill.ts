import type { Pool } from '../../drizzle/client.ts'

type Size = { readonly accounts: number; readonly contacts: number }

/**
 * Fills an empty, migrated database with accounts and what hangs on them, by SQL: an e-mail address for each account,
 * users who own unequal shares, some empty names, dates over ten years; and contacts, five to an account. The same each time.
 * A million accounts take about two minutes.
 */
export async function fill(pool: Pool, { accounts, contacts }: Size, onPart: (part: string) => void = () => {}) {
  await pool.begin(async sql => {
    await sql`set local synchronous_commit = off`
    onPart('users')
    await sql.unsafe(users, [])
    onPart(`${accounts} accounts`)
    await sql.unsafe(accountRows, [accounts])
    onPart('e-mail addresses')
    await sql.unsafe(addressRows, [accounts])
    await sql.unsafe(addressLinks, [accounts])
    onPart('contacts')
    await sql.unsafe(contactRows, [contacts])
    await sql.unsafe(contactLinks, [contacts])
  })
  onPart('vacuum and analyze, as autovacuum would')
  await pool`vacuum analyze`
}

/** The id of the n-th record of a kind: a UUID without order, as new records get. */
export const idOf = (kind: string, n: string) => `md5('${kind}' || ${n})::uuid::text`

const pick = (words: readonly string[], seed: string) =>
  `(array[${words.map(word => `'${word}'`).join(',')}])[1 + abs(hashint4(${seed})::bigint) % ${words.length}]`

const share = (n: string, seed: number) => `(abs(hashint4(${n} + ${seed})::bigint) / 2147483648.0)`

/** Squared, so that the first owner has many times what the last one has. */
const owner = (n: string) => idOf('user', `(10 * ${share(n, 7)} * ${share(n, 7)})::int`)

const entered = (n: string) => `timestamp '2020-01-01' + ${share(n, 3)} * interval '3650 days'`

const users = `
  insert into users (id, user_name, first_name, last_name, status, is_admin, date_entered, date_modified)
  select ${idOf('user', 'n')}, 'user' || n, 'First' || n, 'Last' || n, 'Active', false, timestamp '2016-01-01', timestamp '2016-01-01'
  from generate_series(0, 10) n`

const accountRows = `
  insert into accounts (id, name, date_entered, date_modified, created_by, modified_user_id, assigned_user_id, description, deleted,
    account_type, industry, annual_revenue, employees, phone_office, website, parent_id, campaign_id,
    billing_address_street, billing_address_city, billing_address_postalcode, billing_address_country,
    shipping_address_street, shipping_address_city, shipping_address_postalcode, shipping_address_country)
  select ${idOf('account', 'n')},
    case when n % 1000 = 0 then null
      else ${pick(['Acme', 'Blue', 'Crown', 'Delta', 'Epsilon', 'Falcon', 'Green', 'Harbour', 'Iron', 'Juniper', 'Kings', 'Lotus', 'Müller', 'North', 'Ocean', 'Ørsted'], 'n')}
        || ' ' || ${pick(['Trading', 'Logistics', 'Foods', 'Software', 'Medical', 'Energy', 'Partners', 'Motors'], 'n + 11')} || ' ' || n end,
    ${entered('n')}, ${entered('n')} + ${share('n', 5)} * interval '60 days', '1', '1', ${owner('n')},
    'Account ' || n || ' came to us over a partner and is looked after by the regional team.', n % 97 = 0,
    ${pick(['Customer', 'Prospect', 'Partner', 'Reseller', 'Investor'], 'n + 2')}, ${pick(['Banking', 'Retail', 'Energy', 'Technology'], 'n + 4')},
    (abs(hashint4(n)::bigint) % 9000000)::text, (1 + n % 5000)::text, '+49 30 ' || (1000000 + n), 'https://www.example-' || n || '.com',
    case when n > 1000 and n % 20 = 0 then ${idOf('account', 'n / 1000')} end, null,
    (1 + n % 200) || ' ' || ${pick(['High Street', 'Station Road', 'Park Lane', 'Hauptstraße'], 'n + 6')},
    ${pick(['Berlin', 'London', 'Paris', 'Oslo', 'Madrid', 'Zürich', 'Kraków', 'Rome'], 'n + 8')}, (10000 + n % 90000)::text,
    ${pick(['Germany', 'United Kingdom', 'France', 'Norway'], 'n + 9')}, null, null, null, null
  from generate_series(1, $1::int) n`

const addressRows = `
  insert into email_addresses (id, email_address, email_address_caps, invalid_email, opt_out, date_created, date_modified)
  select ${idOf('address', 'n')}, 'office@example-' || n || '.com', 'OFFICE@EXAMPLE-' || n || '.COM', false, n % 50 = 0,
    timestamp '2020-01-01', timestamp '2020-01-01'
  from generate_series(1, $1::int) n`

const addressLinks = `
  insert into email_addr_bean_rel (id, email_address_id, bean_id, bean_module, primary_address, reply_to_address, date_created, date_modified)
  select ${idOf('link', 'n')}, ${idOf('address', 'n')}, ${idOf('account', 'n')}, 'Accounts', true, false, timestamp '2020-01-01',
    timestamp '2020-01-01'
  from generate_series(1, $1::int) n`

const contactRows = `
  insert into contacts (id, first_name, last_name, title, phone_work, date_entered, date_modified, assigned_user_id, created_by, modified_user_id)
  select ${idOf('contact', 'n')}, ${pick(['Anna', 'Björn', 'Chloé', 'David', 'Eva', 'Frank'], 'n')},
    ${pick(['Andersen', 'Brown', 'Castro', 'Dupont', 'Evans', 'Fischer'], 'n + 1')}, 'Buyer', '+49 30 ' || n,
    ${entered('n')}, ${entered('n')}, ${owner('n')}, '1', '1'
  from generate_series(1, $1::int) n`

const contactLinks = `
  insert into accounts_contacts (id, account_id, contact_id, date_modified)
  select ${idOf('pair', 'n')}, ${idOf('account', '1 + (n - 1) / 5')}, ${idOf('contact', 'n')}, timestamp '2020-01-01'
  from generate_series(1, $1::int) n`
