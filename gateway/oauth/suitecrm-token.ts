import type { KoaContextWithOIDC, AccessToken, ClientCredentials, JWTStructured, ResourceServer } from 'oidc-provider'
import { familyOf, writeTokenId } from './token-id.ts'

/** The resource that all tokens of SuiteCRM's doors are for. An identifier, not an address. */
export const suitecrmResource = 'urn:suitecrm:api'

/** SuiteCRM knows no scopes, oidc-provider needs one to grant. It never leaves the house. */
export const suitecrmScope = 'suitecrm'

/** SuiteCRM's own. */
export const accessTokenSeconds = 3_600

/** Tokens as SuiteCRM makes them: JWTs signed RS256, valid for an hour, with the client as their audience. */
export const suitecrmServer = (clientId: string): ResourceServer => ({
  scope: suitecrmScope,
  audience: clientId,
  accessTokenFormat: 'jwt',
  accessTokenTTL: accessTokenSeconds,
  jwt: { sign: { alg: 'RS256' } },
})

type Token = AccessToken | ClientCredentials

/** Gives every access token an id that can be revoked by family, and those of SuiteCRM's doors SuiteCRM's claims. */
export function shapeToken(ctx: KoaContextWithOIDC, token: Token, jwt: JWTStructured) {
  const grantId = token.kind === 'AccessToken' ? token.grantId : undefined
  const generation = ctx.oidc.entities.RefreshToken?.rotations ?? 0
  jwt.payload.jti = writeTokenId({ family: familyOf(grantId), generation, issuedAt: Date.now() })
  if (token.resourceServer?.identifier() !== suitecrmResource) return

  const issuedAt = Math.round(Date.now() * 1000) / 1_000_000
  jwt.header = { typ: 'JWT', ...jwt.header }
  jwt.payload = {
    aud: token.clientId,
    jti: jwt.payload.jti,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + token.expiration,
    sub: token.kind === 'AccessToken' ? token.accountId : '',
    scopes: [],
  }
}
