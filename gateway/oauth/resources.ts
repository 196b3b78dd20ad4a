import { errors, type Client, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider'
import { covers, isScope, publishedScopes } from '../../schema/scopes.ts'
import type { ApiClient, Clients } from './clients.ts'
import { accessTokenSeconds, suitecrmResource, suitecrmScope, suitecrmServer } from './suitecrm-token.ts'

/** What tokens are for, and which scopes they may have: asked by oidc-provider in each step of each grant. */
export type Resources = {
  /** The resource of a request that names none. */
  defaultFor(ctx: KoaContextWithOIDC, client: Client, oneOf?: readonly string[]): Promise<string>
  /**
   * @throws InvalidTarget  no resource of ours, or not one for this client
   * @throws InvalidScope   a scope that does not exist, or that the client may not have
   */
  serverFor(ctx: KoaContextWithOIDC, resource: string, client: Client): Promise<ResourceServer>
}

/** Of tokens by RFC 9068, unless their client has a time of its own. */
export const newTokenSeconds = 900

/** Scopes of OpenID Connect, about the login and not about any resource. */
export const loginScopes = ['openid', 'offline_access'] as const
export const isLoginScope = (scope: string) => loginScopes.some(each => each === scope)

/** Every name that clients know our API by. Tokens for any of them are good at all doors. */
export const resourcesOf = (issuer: string) => [issuer, `${issuer}/`, `${issuer}/graphql`, `${issuer}/Api/V8`]

export function createResources(issuer: string, clients: Clients): Resources {
  const known = new Set(resourcesOf(issuer))
  const apiClientOf = async ({ clientId }: Client) => {
    const client = await clients.find(clientId)
    if (!client) throw new errors.InvalidClient('client is invalid', 'client not found')
    return client
  }

  return {
    async defaultFor(_ctx, client, oneOf) {
      const [first] = oneOf ?? []
      return first ?? ((await apiClientOf(client)).tokenFormat === 'legacy' ? suitecrmResource : issuer)
    },
    async serverFor(ctx, resource, asking) {
      const client = await apiClientOf(asking)
      if (client.tokenFormat === 'legacy') {
        if (resource !== suitecrmResource) throw new errors.InvalidTarget()
        refuseScopes(ctx)
        setDefaultScope(ctx, suitecrmScope)
        return suitecrmServer(client.id)
      }
      if (!known.has(resource)) throw new errors.InvalidTarget()
      setDefaultScope(ctx, allScopesOf(client).join(' '))
      return {
        scope: [...new Set([...checkedScopes(ctx, client), ...grantedScopes(ctx, client)])].join(' '),
        audience: issuer,
        accessTokenFormat: 'jwt',
        accessTokenTTL: Math.min(client.tokenSeconds ?? newTokenSeconds, accessTokenSeconds),
        jwt: { sign: { alg: 'ES256' } },
      }
    },
  }
}

/** The scopes of a resource that a request asks for, without those of OpenID Connect. */
export const resourceScopesOf = (scope: unknown): string[] =>
  typeof scope === 'string' ? scope.split(' ').filter(name => name !== '' && !isLoginScope(name)) : []

const names = publishedScopes.map(({ scope }) => scope)
const widestScopes = names.filter(name => !names.some(wider => wider !== name && covers([wider], name)))

/** The widest scopes there are, or those of the client. */
export const allScopesOf = ({ scopes }: Pick<ApiClient, 'scopes'>): readonly string[] =>
  scopes === 'all' ? widestScopes : scopes

function checkedScopes({ oidc }: KoaContextWithOIDC, client: ApiClient) {
  const asked = resourceScopesOf(oidc.params?.scope)
  for (const scope of asked) {
    if (!isScope(scope)) throw new errors.InvalidScope('requested scope does not exist', scope)
    if (!covers(client.scopes, scope)) throw new errors.InvalidScope('requested scope is not allowed', scope)
  }
  return asked
}

/** What was granted before, as far as the client may still have it. */
function grantedScopes({ oidc: { entities } }: KoaContextWithOIDC, client: ApiClient) {
  const sources = [entities.RefreshToken, entities.AuthorizationCode, entities.DeviceCode]
  return sources.flatMap(source => resourceScopesOf(source?.scope)).filter(scope => covers(client.scopes, scope))
}

/** RFC 6749, 3.3: who asks for no scope gets the default. Later steps of a grant have theirs from the first. */
function setDefaultScope({ oidc }: KoaContextWithOIDC, scope: string) {
  const { params, route } = oidc
  const isFirst =
    ['authorization', 'pushed_authorization_request', 'device_authorization'].includes(route) ||
    (route === 'token' && ['client_credentials', 'password'].includes(String(params?.grant_type)))
  if (isFirst && params && !params.scope) params.scope = scope
}

/** SuiteCRM has no scopes to ask for. */
function refuseScopes({ oidc }: KoaContextWithOIDC) {
  const foreign = [...oidc.requestParamScopes].find(scope => scope !== suitecrmScope)
  if (foreign) throw new errors.InvalidScope('The requested scope is invalid, unknown, or malformed', foreign)
}
