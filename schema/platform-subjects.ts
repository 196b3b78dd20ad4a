import type { AuditSubject } from './audited.ts'

/**
 * What events tell of beside records, and what can happen to it. The type of an event is both: `identity.client.created`.
 *
 * Administrators whose token has the scope see the events, and so does the user that the field `owner` of the event names.
 * Changes of what is `audited` leave an event beside their entry in the audit trail, without a line of code; `relatedAs` is
 * the field for the other thing that such an entry is about. Others are told by `appendEvent` with the subject as `module`.
 */
export type PlatformSubject = {
  readonly scope: string
  readonly verbs: Readonly<Record<string, string>>
  readonly audited?: AuditSubject
  readonly relatedAs?: string
  readonly owner?: string
}

// prettier-ignore
const subjects = {
  'identity.client': {
    audited: 'client', scope: 'admin:read',
    verbs: { created: 'An API client was made', changed: 'An API client was changed', secret_rotated: 'An API client got another secret', tokens_revoked: 'All tokens of an API client were taken back', deleted: 'An API client was deleted' },
  },
  'identity.key': {
    audited: 'key', scope: 'admin:read', relatedAs: 'ownerId', owner: 'ownerId',
    verbs: { created: 'An API key was made', rolled: 'An API key was replaced', revoked: 'An API key was ended' },
  },
  'identity.token': {
    audited: 'token', scope: 'admin:read', relatedAs: 'userId', owner: 'userId',
    verbs: { revoked: 'A token was taken back' },
  },
  'identity.user': {
    audited: 'user', scope: 'admin:read',
    verbs: { password_set: 'A user got another password', signed_out: 'A user was signed out everywhere' },
  },
  'identity.role': {
    audited: 'role', scope: 'admin:read',
    verbs: { actions_set: 'What a role allows was changed', fields_set: 'The fields that a role hides were changed' },
  },
  'identity.limit': {
    audited: 'limit', scope: 'admin:read', 
    verbs: { set: 'What an API client may spend was changed', cleared: 'What an API client may spend is that of its class again' },
  },
  'identity.document': {
    audited: 'document', scope: 'admin:read', relatedAs: 'clientId',
    verbs: { registered: 'A GraphQL document was registered for an API client', removed: 'A GraphQL document may no longer be run' },
  },
  'identity.signing_keys': { audited: 'signing_keys', scope: 'admin:read', verbs: { rotated: 'Tokens are signed with another key' } },
  'identity.pepper':       { audited: 'pepper',       scope: 'admin:read', verbs: { rotated: 'Passwords are hashed with another pepper' } },
  'identity.secret_key':   { audited: 'secret_key',   scope: 'admin:read', verbs: { resealed: 'What is secret was sealed under the present SECRET_KEY' } },
  'metadata.field': {
    audited: 'field', scope: 'metadata:read',
    verbs: { added: 'A field was added to a module', changed: 'A field that was added has changed', removed: 'A field that was added is no longer served', purged: 'A field that was added is gone with its values' },
  },
  'metadata.module': {
    audited: 'module', scope: 'metadata:read',
    verbs: { added: 'A module was added', removed: 'A module that was added is no longer served', restored: 'A module that was removed is served again', purged: 'A module that was added is gone with its records' },
  },
  'metadata.list':  { audited: 'list', scope: 'metadata:read', verbs: { set: 'The options of a list were changed' } },
  'ops.endpoint': {
    audited: 'custom_endpoint', scope: 'admin:read',
    verbs: { saved: 'A custom endpoint was declared or has a new version', enabled: 'A custom endpoint can be called again', disabled: 'A custom endpoint can no longer be called', removed: 'A custom endpoint was removed' },
  },
  'ops.log_policy': { audited: 'log_policy', scope: 'admin:read', verbs: { set: 'What is logged of an API client was changed' } },
  'webhooks.endpoint': {
    audited: 'webhook', scope: 'webhooks:read', relatedAs: 'ownerId', owner: 'ownerId',
    verbs: { created: 'An endpoint was made', updated: 'The settings of an endpoint were changed', paused: 'An endpoint was paused', enabled: 'An endpoint is active again', rotated: 'An endpoint got another secret', deleted: 'An endpoint was removed', deliveries: 'Something was done to deliveries of an endpoint', decided: 'It was decided about a delivery that waited for a person', tested: 'An endpoint is sent a test', failing: 'Deliveries to an endpoint fail', warned: 'An endpoint will be disabled unless something is delivered', disabled: 'An endpoint was disabled', exhausted: 'Deliveries to an endpoint were given up', recovered: 'Deliveries to an endpoint arrive again' },
  },
  'ops.import':     { audited: 'import',     scope: 'admin:read', verbs: { ended: 'An import has ended' } },
} as const satisfies Readonly<Record<string, PlatformSubject>>

/** By name: `identity.client`. */
export const platformSubjects: ReadonlyMap<string, PlatformSubject> = new Map(Object.entries(subjects))

const byAudited = new Map([...platformSubjects].map(([name, subject]) => [subject.audited ?? '', { name, ...subject }]))

/** Does the verb tell of something that is new? */
export const isMaking = (verb: string) => ['created', 'added', 'registered'].includes(verb)

/** The subject and verb of an audited action; undefined when nothing else is told of it, or a record's event tells it. */
export function subjectOfAction(action: string) {
  const [audited = '', verb = ''] = action.split('.')
  const subject = byAudited.get(audited)
  return subject && Object.hasOwn(subject.verbs, verb) ? { ...subject, verb } : undefined
}
