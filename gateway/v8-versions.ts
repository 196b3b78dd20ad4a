import type { Catalog } from '../schema/catalog.ts'
import type { ErrorCode } from '../schema/errors.ts'
import { cleanV8, legacyV8, type Version } from '../schema/versions.ts'
import { corsHeaders, type Answer } from '../rest-compat/v8/answer.ts'
import { createV8Door, inactiveUserAnswer, v8ErrorAnswer, v8LimitAnswer, type V8Door } from '../rest-compat/v8/door.ts'
import { createV8_1Door } from '../rest-compat/v8_1/door.ts'
import { problemAnswer, problemOf, type Asking, type Fault } from '../rest-compat/v8_1/problem.ts'
import type { Authentication } from './authenticate.ts'
import { retryHeaders } from './http.ts'
import { problemOf as limitProblem, type Refusal as Limit } from './limits/headers.ts'
import { accessDenied, bodyOf } from './oauth/league-errors.ts'

type Headers = Readonly<Record<string, string>>

/** Why a request went no further, in words for the caller. */
export type Failure = {
  readonly status: number
  readonly code: ErrorCode
  readonly message: string
  /** The limit that it met. */
  readonly limit?: Limit
}

/** A version of REST V8: what answers in it, and how it says that the request got no further. */
export type V8Version = Version & {
  /** What its OpenAPI document is called in schema/openapi. */
  readonly file: string
  readonly create: (catalog: Catalog) => Promise<V8Door>
  /** Whether what clients send is checked, or stored as SuiteCRM would store it. */
  readonly validation: 'strict' | 'lenient'
  /** @param challenge  where to get a token, for clients that look at headers */
  readonly unauthenticated: (caller: Authentication, challenge: Headers, asking: Asking) => Answer
  readonly failed: (failure: Failure, asking: Asking) => Answer
}

/** In the order of their release; the first is what SuiteCRM's clients expect who have never heard of versions. */
export const v8Versions: readonly V8Version[] = [
  {
    ...legacyV8,
    file: 'v8',
    create: createV8Door,
    validation: 'lenient',
    // SuiteCRM names no challenge, and its clients look at the body.
    unauthenticated(caller, challenge) {
      if (caller.kind === 'inactive') return inactiveUserAnswer()
      const denied = accessDenied(caller.kind === 'denied' ? caller.hint : '')
      const headers = { ...corsHeaders, ...challenge, 'content-type': 'application/json' }
      return { status: 401, headers, body: bodyOf(denied) }
    },
    failed: ({ status, message, limit }) =>
      limit ? v8LimitAnswer(message, limitProblem(limit)) : v8ErrorAnswer(status, message, retryHeaders(status)),
  },
  {
    ...cleanV8,
    file: 'v8_1',
    create: createV8_1Door,
    validation: 'strict',
    unauthenticated(caller, challenge, asking) {
      const detail = caller.kind === 'denied' ? caller.hint : 'The user of the token may no longer sign in'
      return problemAnswer({ faults: [{ code: 'UNAUTHENTICATED', detail }], headers: challenge }, asking)
    },
    failed({ code, message, limit }, asking) {
      const { type, ...meta } = limit ? limitProblem(limit) : {}
      const fault: Fault = { code, detail: message, ...(type && { type, meta }) }
      return problemAnswer({ faults: [fault], headers: {} }, asking)
    },
  },
]

/** Nobody knows the version: a problem (RFC 9457) with those that there are. */
export function unknownVersionAnswer(asked: string, asking: Asking): Answer {
  const supported = v8Versions.filter(({ isRetired }) => !isRetired).map(({ name }) => name)
  const detail = `There is no version ${JSON.stringify(asked.slice(0, 100))}; there are ${supported.join(' and ')}, and days on which they were newest`
  const fault: Fault = { code: 'BAD_REQUEST', detail, source: { header: 'API-Version' }, meta: { supported } }
  return problemBody(fault, asking)
}

/** The version is no longer served, and the operator wants clients to be told so. */
export function goneVersionAnswer(asked: string, oldest: string, asking: Asking): Answer {
  const detail = `Version ${JSON.stringify(asked.slice(0, 100))} is no longer served; ${oldest} is the oldest that is`
  return problemBody({ code: 'GONE', detail, source: { header: 'API-Version' }, meta: { oldest } }, asking)
}

function problemBody(fault: Fault, asking: Asking): Answer {
  const problem = problemOf(fault, asking)
  return {
    status: problem.status,
    headers: { ...corsHeaders, 'content-type': 'application/problem+json' },
    body: JSON.stringify(problem),
  }
}
