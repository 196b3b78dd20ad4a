/**
 * Every error that a caller may meet. The code is the promise: clients branch on it; titles and messages may change.
 * `legacy` is the number that v4.1 answers (SuiteCRM's soap/SoapErrorDefinitions.php has no better one for some).
 */
export const errors = {
  //                  HTTP  v4.1   may retry  title
  BAD_REQUEST:       [ 400, 1001,  false,     'The request cannot be understood' ],
  UNAUTHENTICATED:   [ 401, 11,    false,     'Sign in first' ],
  FORBIDDEN:         [ 403, 40,    false,     'Not allowed' ],
  NOT_FOUND:         [ 404, 51,    false,     'No such record' ],
  ALREADY_EXISTS:    [ 409, 1001,  false,     'A record with this id exists' ],
  CONFLICT:          [ 409, 1001,  false,     'The record has changed' ],
  NOT_RELATED:       [ 404, 51,    false,     'The records are not related' ],
  CURSOR_EXPIRED:    [ 410, 1001,  false,     'The events are not kept any more' ],
  TOO_LARGE:         [ 413, 1001,  false,     'The request is too large' ],
  INVALID:           [ 422, 1001,  false,     'The input is not valid' ],
  KEY_REUSED:        [ 422, 1001,  false,     'The idempotency key belongs to another request' ],
  INVALID_FILE:      [ 422, 1001,  false,     'The file is not accepted' ],
  RATE_LIMITED:      [ 429, 90,    true,      'Too many requests' ],
  UPSTREAM:          [ 502, 1000,  true,      'The connected system failed' ],
  UNAVAILABLE:       [ 503, 1000,  true,      'Not available right now' ],
  INTERNAL:          [ 500, 1000,  true,      'Something broke here' ],
} as const satisfies Record<string, readonly [status: number, legacy: number, retry: boolean, title: string]>

export type ErrorCode = keyof typeof errors

/** What an error says beside its code; goes to clients as `extensions`, so never a secret, a path or SQL. */
export type ErrorDetails = Readonly<Record<string, Detail | readonly Readonly<Record<string, Detail>>[] | undefined>>

type Detail = string | number | boolean | readonly string[]

/** An error that a caller can cause or act on. Anything else that is thrown is masked as INTERNAL. */
export class HouseError extends Error {
  override readonly name = 'HouseError'

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
  }

  /** The `extensions` of the GraphQL error that this becomes. */
  get extensions() {
    return { code: this.code, ...this.details }
  }
}

export const httpStatusOf = (code: ErrorCode) => errors[code][0]

export const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errors, code)

/** No such record, or the principal may not see it: the two look alike on purpose. */
export const notFound = (module: string, id: string) =>
  new HouseError('NOT_FOUND', `${module} ${id} does not exist`, { module, id })
