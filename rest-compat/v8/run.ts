import { reachOf } from '../../schema/access.ts'
import { isErrorCode, type ErrorCode } from '../../schema/errors.ts'
import { scopeChallenge } from '../../schema/insufficient-scope.ts'
import type { RestContext } from '../context.ts'
import type { ExecuteError, Operation } from '../operation.ts'
import { errorAnswer, type Answer } from './answer.ts'

/** The graph refused or failed; `code` is one of the error table's. */
export class GraphFailure extends Error {
  override readonly name = 'GraphFailure'

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>>,
  ) {
    super(message)
  }
}

/** V8 refuses what was asked, in words of its own. */
export class Refusal extends Error {
  override readonly name = 'Refusal'

  constructor(readonly answer: Answer) {
    super('refused')
  }
}

export const refused = (detail: string) => new Refusal(errorAnswer(400, detail))

export const notFoundText = (module: string, id: string) => `${module} module with id ${id} is not found`

/**
 * Runs a prepared operation.
 *
 * @throws GraphFailure  for the first error of the graph, except NOT_FOUND: what is not there is null in the data
 */
export async function run(
  context: RestContext,
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { data, errors } = await context.execute(operation, variables, context)
  const [error] = errors ?? []
  if (error && codeOf(error) !== 'NOT_FOUND') throw failure(error)
  if (error && operation.text.startsWith('mutation')) throw await notFoundFailure(context, failure(error))
  return data ?? {}
}

async function notFoundFailure(context: RestContext, error: GraphFailure): Promise<GraphFailure> {
  const module = error.details['module']
  if (typeof module !== 'string' || !(await isLimited(context, module))) return error
  return new GraphFailure('FORBIDDEN', error.message, error.details)
}

/** Does the principal see only some of the module's records? */
const isLimited = async ({ principal, accessOf }: RestContext, module: string) =>
  !principal.isAdmin && reachOf(await accessOf(principal), module, 'view') !== 'all'

/**
 * What is answered for a record that is not there. To who sees only some of the module's records SuiteCRM says of the
 * others that access is denied; that is said of those that do not exist as well, so that nobody learns which do.
 *
 * @param whole  how SuiteCRM says that there is none
 */
export const missing = async <E extends Error>(context: RestContext, module: string, whole: E): Promise<E | Refusal> =>
  (await isLimited(context, module)) ? refused(accessDenied) : whole

const codeOf = ({ extensions }: ExecuteError): ErrorCode =>
  isErrorCode(extensions?.['code']) ? extensions['code'] : 'INTERNAL'

const failure = (error: ExecuteError) => new GraphFailure(codeOf(error), error.message, error.extensions ?? {})

const accessDenied = '[SuiteCRM] [AccessDeniedException] '
const badFile = 'File upload failed: File extension is not included or is not valid.'

/**
 * What V8 answers when the graph refused: status 400 for whatever the caller caused, as SuiteCRM does, and 403 for want
 * of a scope.
 *
 * @param forbidden  SuiteCRM's words where they differ for a module
 */
export function failureAnswer({ code, message, details }: GraphFailure, forbidden = accessDenied): Answer {
  // SuiteCRM has no scopes, so here OAuth's own status and header lead.
  const challenge = scopeChallenge(details)
  if (challenge) return errorAnswer(403, message, { 'www-authenticate': challenge })
  switch (code) {
    case 'FORBIDDEN':
      return errorAnswer(400, forbidden)
    case 'NOT_FOUND':
      return errorAnswer(400, notFoundText(String(details['module']), String(details['id'])))
    case 'INVALID_FILE':
      return errorAnswer(400, badFile)
    case 'BAD_REQUEST':
    case 'ALREADY_EXISTS':
    case 'CONFLICT':
    case 'NOT_RELATED':
    case 'CURSOR_EXPIRED':
    case 'INVALID':
      return errorAnswer(400, message)
    case 'KEY_REUSED':
      return errorAnswer(422, message)
    case 'TOO_LARGE':
      return errorAnswer(413, message)
    case 'UNAUTHENTICATED':
      return errorAnswer(401, message)
    case 'RATE_LIMITED':
      return errorAnswer(429, message, { 'retry-after': '1' })
    case 'UNAVAILABLE':
      return errorAnswer(503, 'Not available right now', { 'retry-after': '5' })
    case 'UPSTREAM':
      return errorAnswer(502, 'The connected system failed')
    case 'INTERNAL':
      return errorAnswer(500, 'Something broke here')
  }
}
