/**
 * What the audit trail is about, and of each kind the fields whose values it may show. A value of any other field is
 * written as `[redacted]`: only that it changed is told. Entries cannot be erased, so nothing is listed that is secret, and
 * of persons nothing but the name they sign in with.
 */
export const auditedFields = {
  client: [
    ...['name', 'grant', 'extraGrants', 'passwordGrant', 'redirectUrls', 'isConfidential', 'scopes', 'tokenFormat'],
    ...['tokenSeconds', 'requiresDpop', 'apiVersion', 'requiresIfMatch', 'requiresIdempotencyKey', 'actsAs'],
  ],
  key: ['name', 'prefix', 'owner', 'scopes', 'state', 'expiresAt', 'previousPrefix', 'previousExpiresAt'],
  token: ['kind', 'userId', 'clientId', 'scopes'],
  user: [
    ...['user_name', 'is_admin', 'status', 'employee_status', 'is_group', 'portal_only', 'external_auth_only'],
    ...['system_generated_password', 'factor_auth', 'factor_auth_interface', 'reports_to_id'],
  ],
  role: ['name', 'description', 'actions', 'fields'],
  group: ['name', 'description', 'assigned_user_id', 'noninheritable', 'primary_group'],
  currency: ['name', 'symbol', 'iso4217', 'conversion_rate', 'status'],
  limit: ['class', 'burst', 'sustained', 'daily', 'concurrent', 'note', 'expiresAt'],
  document: ['clientId'],
  log_policy: ['bodiesUntil', 'countsOnly'],
  signing_keys: ['ES256', 'RS256', 'endOld'],
  pepper: ['state'],
  secret_key: ['resealed', 'lost'],
  import: ['source', 'state', 'mistakes'],
  module: ['name', 'label', 'table', 'type', 'one', 'many', 'fields', 'links', 'removedAt', 'forced'],
  field: [
    ...['module', 'name', 'label', 'kind', 'type', 'length', 'precision', 'required', 'default', 'options', 'audited'],
    ...['target', 'help', 'unique', 'massUpdate', 'importable', 'state', 'sensitive', 'list', 'relatedModule'],
    ...['removedAt', 'forced'],
  ],
  link: ['name', 'label', 'module', 'target', 'kind', 'type', 'inverse'],
  list: ['name', 'options', 'forced'],
  custom_endpoint: [
    ...[
      'method',
      'path',
      'version',
      'description',
      'operation',
      'variables',
      'input',
      'output',
      'outputSchema',
      'status',
      'scopes',
      'costMax',
    ],
    ...['cacheSeconds', 'notFound', 'examples', 'enabled'],
  ],
  webhook: [
    ...[
      'owner',
      'host',
      'description',
      'status',
      'eventTypes',
      'filter',
      'payload',
      'headerNames',
      'authenticationKind',
    ],
    ...['ratePerSecond', 'concurrency', 'schedule', 'timeoutMs', 'ordered', 'onUnknown', 'atMostOnce', 'skipOwn'],
    ...['version', 'certificateExpiresAt', 'overlapHours', 'count', 'deed'],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type AuditSubject = keyof typeof auditedFields

/** What was changed and how: `client.created`, `role.member_added`. */
export type AuditAction = `${AuditSubject}.${string}`

export const auditSubjects = Object.keys(auditedFields)
