import { errors, type TokenEndpointGrantContext } from 'oidc-provider'
import type { Passwords } from '../passwords.ts'
import { grantAll } from './grant.ts'
import { suitecrmResource, suitecrmScope, suitecrmServer } from './suitecrm-token.ts'

type Params = { username?: string; password?: string; resource?: string }

/**
 * The resource owner password grant (RFC 6749, 4.3), which oidc-provider does not have. SuiteCRM's clients live by it.
 */
export const passwordGrant =
  (passwords: Passwords) =>
  async (ctx: TokenEndpointGrantContext<Params>): Promise<void> => {
    const { provider, client, params, requestParamScopes } = ctx.oidc
    const [foreign] = requestParamScopes
    if (foreign) throw new errors.InvalidScope('no scope can be asked for', foreign)
    const { username, password } = params
    if (!username) throw new errors.InvalidRequest('missing required parameter username')
    if (!password) throw new errors.InvalidRequest('missing required parameter password')

    const user = await passwords.signIn(username, { plain: password })
    if (!user) throw new errors.InvalidGrant('wrong name or password, or switched off')

    const grant = await grantAll(provider, client.clientId, user.id)
    const granted = { client, accountId: user.id, grantId: grant.jti, gty: 'password', scope: suitecrmScope }
    const access = new provider.AccessToken({
      ...granted,
      resourceServer: new provider.ResourceServer(suitecrmResource, suitecrmServer(client.clientId)),
    })
    const refresh = new provider.RefreshToken({ ...granted, resource: suitecrmResource, rotations: 0 })
    ctx.oidc.entity('Grant', grant)
    ctx.oidc.entity('AccessToken', access)
    ctx.body = {
      token_type: access.tokenType,
      access_token: await access.save(),
      expires_in: access.expiration,
      refresh_token: await refresh.save(),
    }
  }
