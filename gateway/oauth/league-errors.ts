/**
 * The answers of SuiteCRM's authorization server, which is PHP's league/oauth2-server 8.5: codes, sentences, hints and
 * the order of keys. Clients show these texts and branch on them.
 */
export type LeagueError = {
  readonly status: number
  readonly error: string
  readonly description: string
  readonly hint?: string
}

const malformed =
  'The request is missing a required parameter, includes an invalid parameter value, ' +
  'includes a parameter more than once, or is otherwise malformed.'
const refused =
  'The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token ' +
  'is invalid, expired, revoked, does not match the redirection URI used in the authorization request, ' +
  'or was issued to another client.'

const leagueError = (status: number, error: string, description: string, hint?: string): LeagueError => ({
  status,
  error,
  description,
  ...(hint === undefined ? {} : { hint }),
})

export const unsupportedGrantType = leagueError(
  400,
  'unsupported_grant_type',
  'The authorization grant type is not supported by the authorization server.',
  'Check that all required parameters have been provided',
)
export const invalidClient = leagueError(401, 'invalid_client', 'Client authentication failed')
export const wrongCredentials = leagueError(400, 'invalid_grant', 'The user credentials were incorrect.')
export const noUserForClient = leagueError(500, 'unknown_error', 'No user found')
export const serverError = leagueError(
  500,
  'server_error',
  'The authorization server encountered an unexpected condition which prevented it from fulfilling the request.',
)
export const tryLater = (status: number) => leagueError(status, 'temporarily_unavailable', 'Try again later.')

export const invalidRequest = (parameter: string, hint = `Check the \`${parameter}\` parameter`) =>
  leagueError(400, 'invalid_request', malformed, hint)
export const invalidScope = (scope: string) =>
  leagueError(400, 'invalid_scope', 'The requested scope is invalid, unknown, or malformed', scopeHint(scope))
export const invalidRefreshToken = (hint: string) =>
  leagueError(401, 'invalid_request', 'The refresh token is invalid.', hint)
export const invalidGrant = (hint: string) => leagueError(400, 'invalid_grant', refused, hint)
export const accessDenied = (hint: string) =>
  leagueError(401, 'access_denied', 'The resource owner or authorization server denied the request.', hint)

/** The body as the wire has it: compact, `message` repeats the description. */
export const bodyOf = ({ error, description, hint }: LeagueError) =>
  JSON.stringify({
    error,
    error_description: description,
    ...(hint === undefined ? {} : { hint }),
    message: description,
  })

const scopeHint = (scope: string) =>
  `Check the \`${scope.replace(/[&<>"']/g, character => entities[character] ?? character)}\` scope`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#039;',
}
