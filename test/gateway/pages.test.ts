import { expect, it } from 'vitest'
import { servedHouse } from './served.ts'

const house = await servedHouse()
const open = (path: string, accept = 'text/html') => fetch(new URL(path, house.url), { headers: { accept } })

/** The addresses that a page names. */
const named = (html: string) => [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address)

it.each(['/graphql', '/docs/v8', '/docs/v4_1'])(
  'serves %s whole from its own origin',
  async path => {
    const page = await open(path)
    const html = await page.text()

    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'; /)
    expect(html).not.toMatch(/https?:\/\//)
    for (const address of named(html).filter(each => !each.startsWith('data:'))) {
      const file = await open(address, '*/*')
      expect([address, file.status]).toEqual([address, 200])
      expect(file.headers.get('content-type')).toMatch(/^(text\/(javascript|css)|application\/json)/)
    }
  },
  60_000,
)

it('gives GraphiQL the workers of its editor, and no file that is not part of it', async () => {
  const html = await (await open('/graphql')).text()
  const [version = ''] = /\/graphiql\/[0-9a-f]+/.exec(html) ?? []

  for (const worker of ['editor', 'json', 'graphql']) {
    const file = await open(`${version}/${worker}.worker.js`)
    expect(file.status).toBe(200)
    expect(file.headers.get('cache-control')).toContain('immutable')
  }
  for (const other of ['page.tsx', '..%2Fpage.js', 'page.js.gz', 'nothing.js']) {
    expect([other, (await open(`${version}/${other}`)).status]).toEqual([other, 404])
  }
}, 60_000)

it('asks programs for a token where it shows people a page', async () => {
  expect((await open('/graphql', 'application/json')).status).toBe(401)
  expect((await open('/graphql?query={me{id}}')).status).toBe(401)
})

it('describes both REST APIs to anybody', async () => {
  for (const path of ['/Api/V8/openapi.json', '/legacy/Api/V8/openapi.json', '/service/v4_1/openapi.json']) {
    const response = await open(path, 'application/json')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ openapi: '3.0.3' })
  }
})

it('names its APIs at the root', async () => {
  expect(await (await open('/', 'application/json')).json()).toMatchObject({ graphql: '/graphql', v8: '/Api/V8' })
  expect(new URL((await open('/')).url).pathname).toBe('/graphql')
})
