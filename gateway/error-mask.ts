import { GraphQLError } from 'graphql'
import { errors, HouseError, isErrorCode, type ErrorCode, type ErrorDetails } from '../schema/errors.ts'
import type { PublicError } from './supergraph/subgraph.ts'

/** Where an error that nobody expected goes, whole. */
export type Report = (error: unknown, requestId: string) => void

/** In whose request an error happened. */
export type Failing = { readonly requestId: string; readonly signal?: Pick<AbortSignal, 'aborted'> }

/**
 * Turns what was thrown into what may leave. The one place where errors are masked.
 *
 * A HouseError passes with its code; what graphql itself finds wrong with the caller's input passes as INVALID; a
 * database that is away is UNAVAILABLE. Everything else is reported whole and leaves as INTERNAL with the request id.
 */
export function maskError(thrown: unknown, request: Failing, report: Report): PublicError {
  const cause = rootOf(thrown)
  const path = thrown instanceof GraphQLError && thrown.path ? { path: thrown.path } : {}
  if (cause instanceof HouseError) return { message: cause.message, ...path, extensions: cause.extensions }
  if (request.signal?.aborted && isCancelled(cause))
    return { ...answer('UNAVAILABLE', 'The request took too long'), ...path }
  if (cause instanceof GraphQLError && isAboutInput(cause)) {
    const { code } = cause.extensions
    return { message: cause.message, ...path, extensions: { code: typeof code === 'string' ? code : 'INVALID' } }
  }
  const known = knownFailure(cause)
  if (known !== 'INVALID') report(thrown, request.requestId)
  if (known) return { ...answer(known), ...path }
  return { ...answer('INTERNAL', undefined, { requestId: request.requestId }), ...path }
}

/** Masks an error that kept an operation from being run at all: graphql's own words about the caller's variables. */
export function maskRequestError({ message, extensions }: GraphQLError): PublicError {
  return { message, extensions: { code: isErrorCode(extensions?.code) ? extensions.code : 'INVALID' } }
}

/** {@link maskError} for callers outside GraphQL: any thrown thing as a HouseError that is safe to show. */
export function maskThrown(thrown: unknown, request: Failing, report: Report): HouseError {
  if (thrown instanceof HouseError) return thrown
  const { message, extensions } = maskError(thrown, request, report)
  const { code, ...details } = extensions
  return new HouseError(isErrorCode(code) ? code : 'INTERNAL', message, details as ErrorDetails)
}

const answer = (code: ErrorCode, message: string = messages[code] ?? errors[code][3], details: object = {}) => ({
  message,
  extensions: { code, ...details, ...(code === 'UNAVAILABLE' && { retryAfterSeconds: 2 }) },
})

const messages: Partial<Record<ErrorCode, string>> = { INVALID: 'A value does not fit its field' }

/** graphql wraps what a resolver throws, and some of it twice. */
function rootOf(thrown: unknown): unknown {
  let cause = thrown
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError
  return cause
}

/** Errors of graphql's own about arguments and variables point into the document; those about our answers do not. */
const isAboutInput = (error: GraphQLError) => error.nodes !== undefined && error.nodes.length > 0

const codeOf = (cause: unknown): string => {
  if (!(cause instanceof Error) || !('code' in cause)) return ''
  return typeof cause.code === 'string' ? cause.code : ''
}

/** PostgreSQL's word for a statement that was told to stop, and the platform's for a call that was. */
const isCancelled = (cause: unknown) =>
  codeOf(cause) === '57014' ||
  (cause instanceof Error && (cause.name === 'AbortError' || cause.name === 'TimeoutError'))

/** @see https://www.postgresql.org/docs/18/errcodes-appendix.html and postgres.js src/errors.js */
function knownFailure(cause: unknown): ErrorCode | undefined {
  const code = codeOf(cause)
  if (away.has(code) || code.startsWith('08')) return 'UNAVAILABLE'
  if (/^22[0-9A-Z]{3}$/.test(code)) return 'INVALID'
  if (code === '40001' || code === '40P01' || code === '55P03') return 'CONFLICT'
  return undefined
}

const away = new Set([
  ...['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['57P01', '57P02', '57P03', '53300', '57014'],
])
