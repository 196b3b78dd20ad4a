import type { Pool } from '../../drizzle/client.ts'

/** How many days the rows of a log are spread over, the last of them today. */
export const days = 10

export const clients = 40
export const users = 500

/** Names of operations, most of them seldom. */
export const operations = [
  ...['getRecords', 'getRecord', 'createRecord', 'updateRecord', 'query Accounts', 'query Contacts', 'get_entry_list'],
  ...['set_entry', 'query Dashboard', 'getRelationship', 'mutation Save', 'deleteRecord'],
]

const dayMs = 86_400_000

/**
 * Fills the log as a busy installation would in ten days: many successes, a few refusals, some slow requests, a handful of
 * failures. Days are filled before their indexes are made, which takes a fifth of the time.
 *
 * @param said  is told what was done
 */
export async function fillLog(sql: Pool, rows: number, said: (part: string) => void) {
  const today = Math.floor(Date.now() / dayMs) * dayMs
  for (let i = 0; i < days; i++) {
    const from = new Date(today - (days - 1 - i) * dayMs).toISOString().slice(0, 10)
    const to = new Date(today - (days - 2 - i) * dayMs).toISOString().slice(0, 10)
    const name = `request_log_${from.replaceAll('-', '')}`
    await sql.unsafe(`drop table if exists ${name}`)
    await sql.unsafe(`create table ${name} (like request_log including defaults)`)
    await sql.unsafe(statement(name, from, Math.floor(rows / days)), [operations] as never)
    await sql.unsafe(`alter table request_log attach partition ${name} for values from ('${from}') to ('${to}')`)
    said(`${from}: ${Math.floor(rows / days)} rows`)
  }
  await sql`vacuum analyze request_log`
}

const statement = (table: string, from: string, count: number) => `
  insert into ${table} (id, at, request_id, trace_id, client_id, user_id, door, version, method, route, operation, status,
    code, outcome, ms, database_ms, rows, bytes_in, bytes_out, address, limit_left, cost)
  select nextval('request_log_id_seq'), timestamp '${from}' + n * interval '1 day' / ${count}, gen_random_uuid()::text,
    md5(n::text), 'client-' || floor(${clients} * random() * random())::int, 'user-' || floor(${users} * random())::int,
    (array['v8', 'graphql', 'v4_1'])[1 + n % 3], '8.0', 'GET', '/Api/V8/module/:moduleName/:id',
    ($1::text[])[1 + floor(array_length($1::text[], 1) * random() * random())::int],
    case when p < 0.97 then 200 when p < 0.98 then 404 when p < 0.985 then 401 when p < 0.995 then 429 when p < 0.999 then 422
      else 500 end,
    case when p < 0.97 then null when p < 0.98 then 'NOT_FOUND' when p < 0.985 then 'UNAUTHENTICATED'
      when p < 0.995 then 'RATE_LIMITED' when p < 0.999 then 'INVALID' else 'INTERNAL' end,
    case when p < 0.97 then 'ok' when p < 0.98 then 'not_found' when p < 0.985 then 'unauthenticated'
      when p < 0.995 then 'limited' when p < 0.999 then 'invalid' else 'failed' end,
    case when random() < 0.0005 then 1000 + 4000 * random() else 20 * random() end, 3, 1, 0, 2000, '10.0.0.1', 5000, 1
  from (select n, random() as p from generate_series(0, ${count - 1}) n) r`
