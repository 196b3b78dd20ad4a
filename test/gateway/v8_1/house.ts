import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import { servedHouse } from '../served.ts'

export type Resource = {
  readonly type: string
  readonly id: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly relationships: Readonly<Record<string, { data?: unknown; links: Record<string, string> }>>
  readonly meta: { readonly version: number }
}
type Fault = {
  readonly status: string
  readonly code: string
  readonly detail: string
  readonly type: string
  readonly id: string
  readonly source?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}
type Document = {
  readonly data: Resource & readonly Resource[]
  readonly included?: readonly Resource[]
  readonly links: Readonly<Record<string, string | null>>
  readonly meta: Readonly<Record<string, unknown>>
  readonly errors: readonly [Fault, ...Fault[]]
}

type Operations = Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>
type Response = { readonly content?: Readonly<Record<string, { readonly schema: object }>> }
export type OpenApi = {
  readonly paths: Readonly<Record<string, Operations>>
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties: object }>> }
}

export type Asked = {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly as?: 'ada' | 'ben'
  readonly token?: string
}

/** A whole house whose clients speak 8.1. Every answer is held against the document that the house serves. */
export async function house8_1(options: Parameters<typeof servedHouse>[0] = {}) {
  const house = await servedHouse(options)
  const openApi = (await (await fetch(`${house.url}/Api/V8/openapi-8.1.json`)).json()) as OpenApi
  const expectDescribed = describedBy(openApi)

  async function ask(method: string, path: string, { body, headers = {}, as = 'ada', token }: Asked = {}) {
    const response = await fetch(`${house.url}/Api/V8${path}`, {
      method,
      headers: {
        'api-version': '8.1',
        authorization: `Bearer ${token ?? (await house.tokenOf(as))}`,
        ...(body === undefined ? {} : { 'content-type': 'application/vnd.api+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    expectDescribed(method, path, response, text)
    return { status: response.status, headers: response.headers, text, ...(JSON.parse(text || '{}') as Document) }
  }
  return {
    ...house,
    openApi,
    ask,
    /** A token of an API client of ada's with settings of its own, as GraphQL makes it. */
    async tokenWith(settings: object): Promise<string> {
      const input = { name: 'A client', grant: 'CLIENT_CREDENTIALS', userId: house.users.ada, ...settings }
      const made = await house.graphql(
        'mutation ($input: NewApiClient!) { createApiClient(input: $input) { client { id } secret } }',
        { input },
      )
      const { client, secret } = made.data?.['createApiClient'] as { client: { id: string }; secret: string }
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client.id,
        client_secret: secret,
      })
      const response = await fetch(`${house.url}/Api/access_token`, { method: 'POST', body })
      return ((await response.json()) as { access_token: string }).access_token
    },
    /** Makes a record. */
    async made(type: string, attributes: object) {
      const { status, text, data } = await ask('POST', `/module/${type}`, { body: { data: { type, attributes } } })
      expect(status, text).toBe(201)
      return data as Resource
    },
  }
}

/** Checks that an answer is as the document says; addresses that it does not know have an error document. */
function describedBy(openApi: OpenApi) {
  const ajv = new Ajv2020({ strict: false, logger: false })
  ajv.addSchema({ $id: 'v8', ...JSON.parse(JSON.stringify(openApi).replaceAll('#/components/', 'v8#/components/')) })
  return (method: string, path: string, { status, headers }: globalThis.Response, text: string) => {
    expect(headers.get('api-version')).toBe('8.1')
    const plain = path.split('?')[0] ?? ''
    const found = Object.keys(openApi.paths)
      .sort((a, b) => a.split('{').length - b.split('{').length)
      .find(pattern => new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(plain))
    const described = openApi.paths[found ?? '']?.[method.toLowerCase()]?.responses[status]
    const unknown = { $ref: 'v8#/components/schemas/ErrorDocument' }
    expect(described ?? status >= 400, `${method} ${path} answers ${status}, which is not described`).toBeTruthy()
    if (status === 204 || method === 'HEAD') return
    const type = headers.get('content-type') ?? ''
    const schema = described ? described.content?.[type]?.schema : unknown
    expect(schema, `${method} ${path} answers ${status} as ${type}, which is not described`).toBeDefined()
    const named = JSON.parse(JSON.stringify(schema ?? {}).replaceAll('"#/components/', '"v8#/components/')) as object
    const check = ajv.compile(named)
    expect(check(JSON.parse(text)), `${text.slice(0, 300)} ${ajv.errorsText(check.errors)}`).toBe(true)
  }
}
