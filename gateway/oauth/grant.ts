import type Provider from 'oidc-provider'
import { isLoginScope, resourceScopesOf } from './resources.ts'

/** Who is granted what. `scope` and `resource` are parameters of the request, completed by their defaults. */
export type Granting = {
  readonly clientId: string
  readonly accountId: string
  readonly scope: unknown
  readonly resource: unknown
}

/**
 * A new grant of all that was asked for. Each authorization has its own: the reuse of a code ends its grant, and that
 * must not end those of other authorizations.
 */
export async function grantAsked(provider: Provider, { clientId, accountId, scope, resource }: Granting) {
  const grant = new provider.Grant({ clientId, accountId })
  const login = typeof scope === 'string' ? scope.split(' ').filter(isLoginScope) : []
  if (login.length > 0) grant.addOIDCScope(login.join(' '))
  const scopes = resourceScopesOf(scope).join(' ')
  for (const each of [resource].flat()) if (typeof each === 'string' && scopes) grant.addResourceScope(each, scopes)
  await grant.save()
  return grant
}
