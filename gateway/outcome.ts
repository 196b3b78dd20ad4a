import { httpStatusOf, isErrorCode, type ErrorCode } from '../schema/errors.ts'

/** How a request can end. The set is closed: logs, metrics and filters know no other. */
export const outcomes = [
  'ok',
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'limited',
  'unavailable',
  'failed',
  'client_closed',
] as const

export type Outcome = (typeof outcomes)[number]

const byStatus: ReadonlyMap<number, Outcome> = new Map([
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [409, 'conflict'],
  [410, 'not_found'],
  [412, 'conflict'],
  [413, 'too_large'],
  [429, 'limited'],
  [431, 'too_large'],
  [503, 'unavailable'],
])

/** The code of an answer that names none, by its status. */
export function codeOfStatus(status: number): ErrorCode | undefined {
  if (status < 400) return undefined
  return codes.get(status) ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL')
}

const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'UNAUTHENTICATED'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [409, 'CONFLICT'],
  [412, 'CONFLICT'],
  [413, 'TOO_LARGE'],
  [422, 'INVALID'],
  [429, 'RATE_LIMITED'],
  [431, 'TOO_LARGE'],
  [502, 'UPSTREAM'],
  [503, 'UNAVAILABLE'],
])

/** How a request ended, by its code. Codes that are not ours, such as Apollo Server's, are about what was sent. */
export function outcomeOf(code: string | undefined): Outcome {
  if (code === undefined) return 'ok'
  const status = isErrorCode(code) ? httpStatusOf(code) : 400
  return byStatus.get(status) ?? (status < 500 ? 'invalid' : 'failed')
}
