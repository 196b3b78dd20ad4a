import { serverAudits } from 'graphql-http'
import { expect, it } from 'vitest'
import { servedHouse } from './served.ts'

const house = await servedHouse()
const authorization = `Bearer ${await house.tokenOf('ada')}`

const withToken: typeof fetch = (url, options = {}) =>
  fetch(url, { ...options, headers: { ...(options.headers as Record<string, string>), authorization } })

const audits = serverAudits({ url: `${house.url}/graphql`, fetchFn: withToken })

/** The audits of graphql-http for the GraphQL-over-HTTP specification. */
it.each(audits.filter(({ name }) => name.startsWith('MUST')))('$name ($id)', async audit => {
  const result = await audit.fn()

  expect(result.status, 'reason' in result ? result.reason : '').toBe('ok')
})

/** graphql-http asks for 200 where a document cannot be run; Apollo Server 5 answers 400 whatever is accepted, on purpose. */
const chosen = ['parsing failure', 'validation failure', 'variable coercion failure']

it('follows what the specification recommends, but for the status of documents that cannot be run', async () => {
  const results = await Promise.all(audits.filter(({ name }) => !name.startsWith('MUST')).map(audit => audit.fn()))

  const missed = results.filter(({ status }) => status === 'warn' || status === 'error').map(({ name }) => name)
  expect(missed).toEqual(
    chosen.map(what => expect.stringMatching(`200.* on .*${what} when accepting application/json`)),
  )
})
