import Provider, { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import type { Secrets } from '../../drizzle/secrets.ts'
import type { Passwords } from '../passwords.ts'
import type { Storage } from './adapter.ts'
import { secretMatches } from './clients.ts'
import type { Consents } from './consents.ts'
import { grantAll } from './grant.ts'
import type { Keys } from './keys.ts'
import { errorPage, pageHeaders } from './pages.ts'
import { passwordGrant } from './password-grant.ts'
import { accessTokenSeconds, shapeToken, suitecrmResource, suitecrmScope, suitecrmServer } from './suitecrm-token.ts'
import type { Users } from './users.ts'

/** Where oidc-provider is inside; SuiteCRM's paths are translated to these. */
export const routes = {
  token: '/oauth/token',
  authorization: '/oauth/authorize',
  interaction: '/oauth/interaction',
  end_session: '/oauth/end-session',
} as const

const month = 30 * 86_400
const ttl = {
  AccessToken: accessTokenSeconds,
  ClientCredentials: accessTokenSeconds,
  AuthorizationCode: 600,
  RefreshToken: month,
  Grant: month,
  Interaction: 1_200,
  Session: 8 * 3_600,
  IdToken: 600,
}

export type ProviderDeps = {
  issuer: string
  keys: Keys
  secrets: Secrets
  storage: Storage
  users: Users
  passwords: Passwords
  consents: Consents
}

/**
 * The authorization server. It keeps nothing itself and knows no address but its own; which door a request came
 * through decides the form of the token, by the resource that it is for.
 */
export function createProvider(deps: ProviderDeps): Provider {
  const { issuer, keys, secrets, storage, users, consents } = deps
  const provider = new Provider(issuer, {
    adapter: name => storage.adapterOf(name),
    jwks: { keys: [...keys.jwks] },
    routes,
    ttl,
    responseTypes: ['code'],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: () => false,
    pkce: { required: (_ctx, client) => client.tokenEndpointAuthMethod === 'none' },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    formats: { customizers: { jwt: shapeToken } },
    cookies: {
      keys: [secrets.derive('cookies').toString('hex')],
      names: { session: 'sy_session', interaction: 'sy_interaction', resume: 'sy_resume' },
      long: { signed: true, httpOnly: true, sameSite: 'lax' },
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
    },
    interactions: { policy: policy(), url: (_ctx, interaction) => `${routes.interaction}/${interaction.uid}` },
    loadExistingGrant: ctx => grantFor(ctx, consents),
    async findAccount(_ctx, id) {
      const user = await users.find(id)
      return user && !user.isInactive ? { accountId: user.id, claims: () => ({ sub: user.id }) } : undefined
    },
    renderError(ctx, { error_description }) {
      ctx.set(pageHeaders)
      ctx.body = errorPage(error_description ?? 'The request cannot be completed.')
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => suitecrmResource,
        useGrantedResource: () => true,
        getResourceServerInfo(ctx, resource, client) {
          if (resource !== suitecrmResource) throw new errors.InvalidTarget()
          refuseScopes(ctx)
          return suitecrmServer(client.clientId)
        },
      },
    },
  })
  provider.proxy = true
  provider.Client.prototype.compareClientSecret = function (presented: string) {
    return secretMatches(presented, this.clientSecret ?? '')
  }
  provider.registerGrantType('password', passwordGrant(deps.passwords), ['username', 'password', 'scope'])
  return provider
}

/** SuiteCRM has no scopes to ask for. */
function refuseScopes(ctx: KoaContextWithOIDC) {
  const foreign = [...ctx.oidc.requestParamScopes].find(scope => scope !== suitecrmScope)
  if (foreign) throw new errors.InvalidScope('The requested scope is invalid, unknown, or malformed', foreign)
}

/** oidc-provider's own policy, and: whoever was switched off since signing in must sign in again. */
function policy() {
  const { Check, base } = interactionPolicy
  const prompts = base()
  prompts
    .get('login')
    ?.checks.add(
      new Check('account_gone', 'the user can no longer sign in', ctx =>
        ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined
          ? Check.REQUEST_PROMPT
          : Check.NO_NEED_TO_PROMPT,
      ),
    )
  return prompts
}

/**
 * The grant of this authorization. Each one is new: the reuse of a code ends its grant, and that must not end those of
 * other authorizations.
 */
async function grantFor(ctx: KoaContextWithOIDC, consents: Consents) {
  const { provider, result, client, account } = ctx.oidc
  const agreed = result?.consent?.grantId
  if (agreed) return provider.Grant.find(agreed)
  if (!client || !account || !(await consents.isRemembered(client.clientId, account.accountId))) return undefined
  return grantAll(provider, client.clientId, account.accountId)
}
