import { createHash } from 'node:crypto'
import type { DemoAccess } from './demo.ts'

/** What stands on the terminal when the house is open: where it is, who can sign in, and one call for each API. */
export function welcome(url: string, demo?: DemoAccess): string {
  const places = [
    ['GraphQL', `${url}/graphql`, 'open it in a browser'],
    ['REST V8', `${url}/Api/V8`, `described at ${url}/docs/v8`],
    ['Legacy v4.1', `${url}/service/v4_1/rest.php`, `described at ${url}/docs/v4_1`],
    ['Health', `${url}/livez`, `${url}/readyz`],
  ]
  const lines = ['Switchyard is open.', '', ...table(places)]
  return [...lines, '', ...(demo ? demoLines(url, demo) : makeClientLines)].join('\n')
}

const makeClientLines = [
  'Programs sign in as API clients. Make one:',
  '  npx switchyard client create --name "My service" --grant client_credentials --user admin',
]

function demoLines(url: string, { users, clients }: DemoAccess): string[] {
  const [user] = users
  const service = clients.find(client => client.grant === 'client_credentials')
  const lines = user ? ['Demo user', `  ${user.user_name}   ${user.password}`, ''] : []
  if (clients.length > 0) {
    lines.push('API clients', ...table(clients.map(({ grant, id, secret }) => [grant, id, secret])), '')
  }
  if (service) lines.push('Try it', ...tokenCall(url, service), ...graphqlCall(url), ...v8Call(url))
  if (user) lines.push(...legacyCall(url, user))
  return lines
}

// Each can be pasted as it stands; the second and third use the token of the first.

const tokenCall = (url: string, { id, secret }: { id: string; secret: string }) => [
  `  TOKEN=$(curl -s ${url}/Api/access_token -d grant_type=client_credentials -d client_id=${id} -d client_secret=${secret} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
]

const graphqlCall = (url: string) => [
  `  curl -s ${url}/graphql -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"query":"{ accounts(first: 3) { nodes { name phone_office contacts(first: 2) { nodes { full_name } } } } }"}'`,
]

const v8Call = (url: string) => [
  `  curl -sg "${url}/Api/V8/module/Accounts?fields[Accounts]=name,phone_office&page[size]=1" -H "Authorization: Bearer $TOKEN"`,
]

const legacyCall = (url: string, { user_name, password }: { user_name: string; password: string }) => {
  const md5 = createHash('md5').update(password).digest('hex')
  const restData = JSON.stringify({ user_auth: { user_name, password: md5 } })
  return [
    `  curl -s ${url}/service/v4_1/rest.php -d method=login -d input_type=JSON -d response_type=JSON --data-urlencode 'rest_data=${restData}'`,
  ]
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd())
}
