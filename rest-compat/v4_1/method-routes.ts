import type { Catalog } from '../../schema/catalog.ts'
import { holdsNul, type LegacyAnswer } from './door.ts'
import { faultAnswer } from './fault.ts'
import { openApiDocument } from './openapi.ts'
import { sofaEndpoints, type Caller } from './sofa.ts'

/** The methods of v4.1 at addresses of their own, with their OpenAPI document. */
export type MethodRoutes = {
  /** The names of all methods: `POST <base>/<name>`. Nothing else is served. */
  readonly methods: readonly string[]
  /** For `<base>/openapi.json`. */
  readonly openApi: string
  /** @param body  the arguments by name, as JSON */
  readonly answer: (method: string, body: Uint8Array, caller: Caller) => Promise<LegacyAnswer>
}

/** The routes of a catalog; made once for each. */
export async function createMethodRoutes(catalog: Catalog): Promise<MethodRoutes> {
  const { operations, post } = await sofaEndpoints()
  // Made when it is asked for: most catalogs go without.
  let openApi: string | undefined
  return {
    methods: [...operations.keys()],
    get openApi() {
      return (openApi ??= JSON.stringify(openApiDocument(catalog, operations)))
    },
    answer: async (method, body, caller) => {
      const given = new TextDecoder().decode(body)
      if (holdsNul(given)) return faultWith(400)
      const response = await post(method, given, caller)
      return response.ok ? { status: 200, headers, body: await response.text() } : faultWith(response.status)
    },
  }
}

const headers = { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'no-store' }

const faultWith = (status: number): LegacyAnswer => ({
  status,
  headers: { ...headers, ...(status === 503 ? { 'Retry-After': '5' } : {}) },
  body: JSON.stringify(faultAnswer(status === 400 ? 'invalid_data_format' : 'invalid_call_error')),
})
