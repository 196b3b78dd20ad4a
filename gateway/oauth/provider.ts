import Provider, {
  interactionPolicy,
  type AccessToken,
  type Client,
  type ClientCredentials,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import type { Secrets } from '../../drizzle/secrets.ts'
import type { Examine } from '../authenticate.ts'
import type { Alert } from '../log.ts'
import type { Passwords } from '../passwords.ts'
import type { Storage } from './adapter.ts'
import { secretMatches, type Clients } from './clients.ts'
import type { Consents } from './consents.ts'
import { devicePages } from './device-pages.ts'
import { dpopAlgorithms } from './dpop.ts'
import { grantAsked } from './grant.ts'
import type { Keys } from './keys.ts'
import { errorPage, pageHeaders } from './pages.ts'
import { passwordGrant } from './password-grant.ts'
import { createResources, loginScopes, newTokenSeconds } from './resources.ts'
import { structuredTokens } from './structured-tokens.ts'
import { shapeToken } from './suitecrm-token.ts'
import { familyOf } from './token-id.ts'
import type { Users } from './users.ts'

/** Where oidc-provider is; SuiteCRM's paths are translated to these. */
export const routes = {
  token: '/oauth/token',
  authorization: '/oauth/authorize',
  pushed_authorization_request: '/oauth/par',
  device_authorization: '/oauth/device_authorization',
  code_verification: '/oauth/device',
  introspection: '/oauth/introspect',
  revocation: '/oauth/revoke',
  jwks: '/oauth/jwks',
  interaction: '/oauth/interaction',
  end_session: '/oauth/end-session',
} as const

const secondsOf = (_ctx: unknown, { resourceServer }: AccessToken | ClientCredentials) =>
  resourceServer?.accessTokenTTL ?? newTokenSeconds
const month = 30 * 86_400
const ttl = {
  AccessToken: secondsOf,
  ClientCredentials: secondsOf,
  AuthorizationCode: 600,
  RefreshToken: month,
  Grant: month,
  Interaction: 1_200,
  Session: 8 * 3_600,
  IdToken: 600,
  DeviceCode: 600,
}

export type ProviderDeps = {
  issuer: string
  keys: Keys
  secrets: Secrets
  storage: Storage
  clients: Clients
  users: Users
  passwords: Passwords
  consents: Consents
  examine: Examine
  /** For what an operator should look at. */
  alert: Alert
}

/**
 * The authorization server with the keys of this moment; other keys need another one. It keeps nothing itself and knows
 * no address but its own. The form of a token is that of its client, whichever door it came through.
 */
export function createProvider(deps: ProviderDeps): Provider {
  const { issuer, keys, secrets, storage, users, clients, consents } = deps
  const resources = createResources(issuer, clients)
  const ownOnly = (_ctx: KoaContextWithOIDC, client: Client, token: { clientId?: string }) =>
    token.clientId === client.clientId
  const provider = new Provider(issuer, {
    adapter: name => storage.adapterOf(name),
    jwks: { keys: [...keys.jwks] },
    routes,
    ttl,
    scopes: [...loginScopes],
    responseTypes: ['code'],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'], dPoPSigningAlgValues: [...dpopAlgorithms] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some(address => URL.parse(address)?.origin === origin),
    extraClientMetadata: { properties: ['pkce_required'] },
    pkce: { required: (_ctx, client) => client.pkce_required !== false },
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
      pushedAuthorizationRequests: { enabled: true },
      dPoP: { enabled: true, requireNonce: () => false },
      deviceFlow: { enabled: true, ...devicePages },
      introspection: { enabled: true, allowedPolicy: ownOnly },
      revocation: { enabled: true, allowedPolicy: ownOnly },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, client, oneOf) => resources.defaultFor(ctx, client, oneOf),
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource, client) => resources.serverFor(ctx, resource, client),
      },
    },
  })
  provider.proxy = true
  provider.Client.prototype.compareClientSecret = function (presented: string) {
    return secretMatches(presented, this.clientSecret ?? '')
  }
  provider.registerGrantType('password', passwordGrant(deps.passwords, resources), [
    'username',
    'password',
    'scope',
    'resource',
  ])
  provider.use(structuredTokens({ examine: deps.examine, endFamily: family => storage.endFamily(family) }))
  alertOfReuse(provider, deps.alert)
  return provider
}

/** Something was used twice that can be used once: somebody else has it. All that came from it has just been ended. */
function alertOfReuse(provider: Provider, alert: Alert) {
  const ended = new WeakMap<object, string>()
  provider.on('grant.revoked', (ctx, grantId) => void ended.set(ctx, familyOf(grantId)))
  provider.on('grant.error', (ctx, error) => {
    const reason = error.error_detail ?? ''
    if (!['refresh token already used', 'authorization code already consumed'].includes(reason)) return
    const { Client, Account } = ctx.oidc.entities
    alert('oauth.reuse', {
      reason,
      client_id: Client?.clientId,
      user_id: Account?.accountId,
      family: ended.get(ctx),
    })
  })
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

/** The grant of this authorization: what the user has just agreed to, or told us once not to ask again. */
async function grantFor(ctx: KoaContextWithOIDC, consents: Consents) {
  const { provider, result, client, account, params } = ctx.oidc
  const agreed = result?.consent?.grantId
  if (agreed) return provider.Grant.find(agreed)
  const scopes = [...ctx.oidc.requestParamScopes]
  if (!client || !account || !(await consents.isRemembered(client.clientId, account.accountId, scopes)))
    return undefined
  const { scope, resource } = params ?? {}
  return grantAsked(provider, { clientId: client.clientId, accountId: account.accountId, scope, resource })
}
