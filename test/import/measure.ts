import mysql from 'mysql2/promise'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { connect } from '../../drizzle/client.ts'
import { makeEventDays } from '../../drizzle/event-days.ts'
import { importSuitecrm } from '../../drizzle/import/import.ts'
import { migrate } from '../../drizzle/migrate.ts'

// tsx test/import/measure.ts mysql://... postgres://... [--events]: imports 100,000 accounts with addresses into a database of its
// own, twice, and prints rows a second and the CPU seconds of each process from the operating system.
const [source = '', target = '', events] = process.argv.slice(2)
const name = `sy_measure_${randomBytes(4).toString('hex')}`
const accounts = 100_000

const there = await mysql.createConnection({ uri: source, multipleStatements: true })
const admin = connect(target, { max: 1 })
try {
  await fill()
  await admin.unsafe(`create database ${name}`)
  const pool = connect(Object.assign(new URL(target), { pathname: `/${name}` }).href, { max: 2 })
  await migrate(pool)
  await makeEventDays(pool, new Date())
  for (const what of ['first import', 'second import, nothing changed']) await measure(what, pool)
  await pool.end()
} finally {
  await there.query(`drop database if exists ${name}`)
  await there.end()
  await admin.unsafe(`drop database if exists ${name} with (force)`)
  await admin.end()
}

async function measure(what: string, pool: ReturnType<typeof connect>) {
  const backends = await pool<{ pid: number }[]>`select pid from pg_stat_activity where datname = ${name}`
  const [[server]] = (await there.query('select @@pid_file as file')) as unknown as [[{ file: string }]]
  const mariadb = Number(readFileSync(server.file, 'utf8'))
  const cpu = () => [process.pid, mariadb, ...backends.map(({ pid }) => pid)].map(cpuSeconds)
  const before = cpu()
  const began = performance.now()

  const url = Object.assign(new URL(source), { pathname: `/${name}` }).href
  const { tables } = await importSuitecrm({ source: url, pool, filesDir: '/nowhere', events: events === '--events' })

  const seconds = (performance.now() - began) / 1000
  const [node = 0, mysqld = 0, ...postgres] = cpu().map((used, index) => used - (before[index] ?? 0))
  const rows = tables.reduce((sum, table) => sum + table.source, 0)
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${Math.round(accounts / seconds)} accounts/s, ${Math.round(rows / seconds)} rows/s;`,
    `CPU s: Node ${node.toFixed(1)}, PostgreSQL ${postgres.reduce((a, b) => a + b, 0).toFixed(1)}, MariaDB ${mysqld.toFixed(1)};`,
    `${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
  )
}

function cpuSeconds(pid: number) {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number)
  return (user + system) / 100
}

async function fill() {
  const dump = fileURLToPath(new URL('../../../shared/suitecrm/dumps/clean.sql.gz', import.meta.url))
  await there.query(`create database ${name} character set utf8mb4; use ${name}`)
  await there.query(gunzipSync(readFileSync(dump)).toString())
  await there.query(`
    insert into accounts (id, name, date_entered, date_modified, modified_user_id, created_by, assigned_user_id, description, deleted, account_type,
      industry, annual_revenue, phone_office, website, employees, billing_address_street, billing_address_city, billing_address_postalcode,
      billing_address_country, shipping_address_street, shipping_address_city, shipping_address_postalcode, shipping_address_country)
    select uuid(), concat('Company ', seq, ' Größe & Söhne'), '2020-01-01' + interval seq * 37 minute, '2021-01-01' + interval seq * 17 minute, '1', '1', '1',
      concat('A company, number ', seq, repeat(' and so on', seq % 20)), 0, elt(1 + seq % 4, 'Customer', 'Partner', 'Prospect', ''),
      elt(1 + seq % 3, 'Banking', 'Energy', null), seq * 1000, concat('+49 30 ', seq), concat('https://company', seq, '.example'), seq % 900,
      concat(seq, ' Main Street'), elt(1 + seq % 3, 'Berlin', 'Paris', 'Lima'), lpad(seq, 6, '0'), 'Germany',
      concat(seq, ' Side Street'), 'Berlin', lpad(seq, 6, '0'), 'Germany' from seq_1_to_${accounts};
    insert into accounts_cstm select id, rand() * 170, rand() * 80, 'OK', billing_address_street from accounts;
    insert into email_addresses (id, email_address, email_address_caps, invalid_email, opt_out, date_created, date_modified, deleted)
      select id, concat(left(id, 8), '@company.example'), upper(concat(left(id, 8), '@company.example')), 0, 0, now(), now(), 0 from accounts;
    insert into email_addr_bean_rel (id, email_address_id, bean_id, bean_module, primary_address, reply_to_address, date_created, date_modified, deleted)
      select uuid(), id, id, 'Accounts', 1, 0, now(), now(), 0 from accounts`)
}
