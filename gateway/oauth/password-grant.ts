import { errors, type TokenEndpointGrantContext } from 'oidc-provider'
import type { Passwords } from '../passwords.ts'
import { grantAsked } from './grant.ts'
import { resourceScopesOf, type Resources } from './resources.ts'
import { suitecrmResource, suitecrmScope } from './suitecrm-token.ts'

type Params = { username?: string; password?: string; resource?: string; scope?: string }

/**
 * The resource owner password grant (RFC 6749, 4.3), which oidc-provider does not have. SuiteCRM's clients live by it;
 * a client of ours has it only when it was switched on.
 */
export const passwordGrant =
  (passwords: Passwords, resources: Resources) =>
  async (ctx: TokenEndpointGrantContext<Params>): Promise<void> => {
    const { provider, client, params } = ctx.oidc
    // A password sent along proves nothing about a key.
    if (client.dpopBoundAccessTokens) throw new errors.InvalidRequest('a client with DPoP has no password grant')
    const resource = params.resource ?? (await resources.defaultFor(ctx, client))
    if (resource === suitecrmResource && params.scope) {
      throw new errors.InvalidScope('no scope can be asked for', params.scope.split(' ')[0] ?? '')
    }
    const server = await resources.serverFor(ctx, resource, client)
    const { username, password } = params
    if (!username) throw new errors.InvalidRequest('missing required parameter username')
    if (!password) throw new errors.InvalidRequest('missing required parameter password')

    const user = await passwords.signIn(username, { plain: password })
    if (!user) throw new errors.InvalidGrant('wrong name or password, or switched off')

    const scope = resource === suitecrmResource ? suitecrmScope : resourceScopesOf(params.scope).join(' ')
    const { clientId } = client
    const grant = await grantAsked(provider, { clientId, accountId: user.id, scope, resource })
    const granted = { client, accountId: user.id, grantId: grant.jti, gty: 'password', scope }
    const access = new provider.AccessToken({
      ...granted,
      resourceServer: new provider.ResourceServer(resource, server),
    })
    const refresh = new provider.RefreshToken({ ...granted, resource, rotations: 0 })
    ctx.oidc.entity('Account', { accountId: user.id, claims: () => ({ sub: user.id }) })
    ctx.oidc.entity('Grant', grant)
    ctx.oidc.entity('AccessToken', access)
    ctx.body = {
      token_type: access.tokenType,
      access_token: await access.save(),
      expires_in: access.expiration,
      refresh_token: await refresh.save(),
      ...(resource === suitecrmResource ? {} : { scope }),
    }
  }
