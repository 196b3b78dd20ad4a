import type { Context } from '../../drizzle/context.ts'
import type { StoredEvent } from '../../drizzle/event-log.ts'

/** What a test of an endpoint sends. Its record is the endpoint. */
export const testType = 'webhooks.endpoint.tested'

/** Events about endpoints, such as `webhooks.endpoint.disabled`. Their record is the endpoint. */
export const isAboutEndpoint = ({ type }: Pick<StoredEvent, 'type'>) => type.startsWith('webhooks.')

/** They are for the endpoint's owner and administrators. */
export const seesEndpointEvent = ({ principal }: Context, { before, after }: StoredEvent) =>
  principal.isAdmin || (after ?? before)?.ownerId === principal.userId
