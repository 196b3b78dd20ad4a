import { errors, httpStatusOf, type ErrorCode } from '../../schema/errors.ts'
import { scopeChallenge } from '../../schema/insufficient-scope.ts'
import type { Answer } from '../v8/answer.ts'
import { corsHeaders } from './cors.ts'

/** Where in a request an error lies. */
export type Source = { readonly pointer: string } | { readonly parameter: string } | { readonly header: string }

/** Failures of HTTP's own that the table of errors has no code for. */
const httpErrors = {
  METHOD_NOT_ALLOWED: [405, 'The address knows no such method'],
  NOT_ACCEPTABLE: [406, 'There is no such representation'],
  GONE: [410, 'The version is no longer served'],
  PRECONDITION_FAILED: [412, 'The record has changed'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The media type is not understood'],
  PRECONDITION_REQUIRED: [428, 'Say which version of the record you have seen'],
} as const satisfies Record<string, readonly [status: number, title: string]>

export type ProblemCode = ErrorCode | keyof typeof httpErrors

const isHttpError = (code: ProblemCode): code is keyof typeof httpErrors => Object.hasOwn(httpErrors, code)

export const statusOf = (code: ProblemCode): number => (isHttpError(code) ? httpErrors[code][0] : httpStatusOf(code))

const titleOf = (code: ProblemCode): string => (isHttpError(code) ? httpErrors[code][1] : errors[code][3])

/** Every type of problem, for the page that describes them. */
export const problemTypes: readonly { code: string; status: number; title: string }[] = [
  ...Object.keys(errors).map(name => name as ErrorCode),
  ...Object.keys(httpErrors).map(name => name as keyof typeof httpErrors),
].map(code => ({ code, status: statusOf(code), title: titleOf(code) }))

/** The address where a type of problem is described; it is the `type` of RFC 9457. */
export const typeOf = (code: ProblemCode) => `/docs/problems#${code}`

/** One thing that is wrong with a request. */
export type Fault = {
  readonly code: ProblemCode
  readonly detail: string
  readonly source?: Source
  /** Instead of the address of the code. */
  readonly type?: string
  readonly meta?: Readonly<Record<string, unknown>>
}

/** A request was refused; thrown by what finds it out, answered by the door. */
export class Problem extends Error {
  override readonly name = 'Problem'

  constructor(
    readonly faults: readonly [Fault, ...Fault[]],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(faults[0].detail)
  }
}

export const problem = (code: ProblemCode, detail: string, source?: Source) => new Problem([{ code, detail, source }])

/** A parameter of the query that cannot be understood. */
export const badParameter = (parameter: string, detail: string) => problem('BAD_REQUEST', detail, { parameter })

/** @throws Problem  with all of them, if there are any */
export function refuseFaults([first, ...rest]: readonly Fault[]): void {
  if (first) throw new Problem([first, ...rest])
}

export const mediaType = 'application/vnd.api+json'
const problemMediaType = 'application/problem+json'

/** What an answer to a refused request needs to know of it. */
export type Asking = { readonly requestId: string; readonly accept: string }

/**
 * A JSON:API document with an `errors` array. Each error carries the members of RFC 9457 too, with `status` as text as
 * JSON:API demands; a client that asks for application/problem+json gets the first as a problem of its own.
 */
export function problemAnswer({ faults, headers }: Pick<Problem, 'faults' | 'headers'>, asking: Asking): Answer {
  const [first] = faults
  const status = statusOf(first.code)
  const isPlain = asking.accept.includes(problemMediaType) && !asking.accept.includes(mediaType)
  return {
    status,
    headers: {
      ...corsHeaders,
      ...challengeOf(first),
      ...(status === 503 ? { 'retry-after': '2' } : {}),
      ...headers,
      'content-type': isPlain ? problemMediaType : mediaType,
    },
    body: JSON.stringify(isPlain ? problemOf(first, asking) : errorsDocument(faults, asking)),
  }
}

const errorsDocument = (faults: readonly Fault[], asking: Asking) => ({
  jsonapi: { version: '1.1' },
  errors: faults.map(({ code, detail, source, meta, type = typeOf(code) }) => ({
    id: asking.requestId,
    links: { type },
    status: String(statusOf(code)),
    code,
    title: titleOf(code),
    detail,
    ...(source && { source }),
    type,
    instance: instanceOf(asking),
    ...(meta && { meta }),
  })),
})

/** A problem by RFC 9457. */
export const problemOf = ({ code, detail, source, meta, type = typeOf(code) }: Fault, asking: Asking) => ({
  type,
  title: titleOf(code),
  status: statusOf(code),
  detail,
  instance: instanceOf(asking),
  code,
  requestId: asking.requestId,
  ...(source && { source }),
  ...meta,
})

const instanceOf = ({ requestId }: Asking) => `urn:request:${encodeURIComponent(requestId)}`

function challengeOf({ code, meta = {} }: Fault): Record<string, string> {
  if (code === 'UNAUTHENTICATED') return { 'www-authenticate': 'Bearer realm="Switchyard"' }
  const challenge = scopeChallenge(meta)
  return challenge ? { 'www-authenticate': challenge } : {}
}
