import { phpJson, printR } from '../php.ts'
import { isObject } from './arguments.ts'
import { bind } from './bind.ts'
import type { LegacyDoor, LegacyVersion } from './call.ts'
import { Fault } from './fault.ts'
import { invoke } from './invoke.ts'
import { parametersOf } from './view.ts'

/** A request to `/service/<version>/rest.php`, decoded. */
export type LegacyRequest = {
  readonly version: LegacyVersion
  readonly method: 'GET' | 'POST'
  readonly query: ReadonlyMap<string, string>
  /** An urlencoded or multipart body. Others are not read. */
  readonly form: ReadonlyMap<string, string>
  readonly ip: string
}

export type LegacyAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Answers `rest.php`: takes the call out of its envelope (`method`, `input_type`, `response_type`, `rest_data`, from the
 * form or the query), makes it, and writes the answer as PHP would.
 *
 * Errors are answered with status 200, as SuiteCRM does; 500 and 503 are our own trouble.
 */
export async function answerLegacy(door: LegacyDoor, request: LegacyRequest): Promise<LegacyAnswer> {
  const parameter = (name: string) => request.form.get(name) ?? request.query.get(name) ?? ''
  const isJson = (name: string) => parameter(name).toUpperCase() === 'JSON'
  const name = parameter('method')
  if (!isJson('input_type') && name === '') return text(200, listing())

  // Without JSON, nothing is read of what was sent.
  const restData = isJson('input_type') ? parameter('rest_data') : '[]'
  const { value, status } = await invoke(door, request, name, method => bind(method, decode(restData)))
  const headers = { ...noStore, ...sessionCookie(name, value), ...(status === 503 ? { 'Retry-After': '5' } : {}) }
  if (!isJson('response_type')) return text(status, printR(value), headers)
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/json; charset=UTF-8' },
    body: withCallback(phpJson(value), request.query.get('jsoncallback')),
  }
}

const text = (status: number, body: string, headers: LegacyAnswer['headers'] = noStore): LegacyAnswer => ({
  status,
  headers: { ...headers, 'Content-Type': 'text/html; charset=UTF-8' },
  body,
})

/** What PHP sends with a session. */
const noStore = {
  Expires: 'Thu, 19 Nov 1981 08:52:00 GMT',
  'Cache-Control': 'no-store, no-cache, must-revalidate',
  Pragma: 'no-cache',
}

/**
 * What `rest_data` holds; null for what is no JSON.
 *
 * @throws Fault  a NUL
 */
function decode(restData: string): unknown {
  if (holdsNul(restData)) throw new Fault('invalid_data_format')
  try {
    return JSON.parse(restData) as unknown
  } catch {
    return null
  }
}

/** Is there a NUL, which no text of ours can hold, in JSON? */
export const holdsNul = (json: string) => json.includes('\0') || json.includes('\\u0000')

/** The session as a cookie, as PHP sends it. It opens nothing: calls name their session themselves. */
function sessionCookie(method: string, value: unknown): LegacyAnswer['headers'] {
  if (method !== 'login' || !isObject(value) || typeof value.id !== 'string') return {}
  return { 'Set-Cookie': `PHPSESSID=${value.id}; path=/; HttpOnly` }
}

const withCallback = (json: string, callback: string | undefined) =>
  callback !== undefined && /^[\w.$]{1,100}$/.test(callback) ? `${callback}(${json})` : json

/** The methods with their arguments, for people who open the address. */
function listing(): string {
  const methods = [...parametersOf].map(
    ([name, parameters]) =>
      `${name}(${parameters.map(({ name: parameter, required }) => (required ? parameter : `[${parameter}]`)).join(', ')})`,
  )
  return `<pre>Methods of this API:\n\n${methods.join('\n')}\n</pre>`
}
