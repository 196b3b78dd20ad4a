import { decodeJwt } from 'jose'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { z } from 'zod'
import type { Examine } from '../authenticate.ts'

type Deps = { readonly examine: Examine; endFamily(family: string): Promise<void> }

const refusal = z.object({ error: z.literal('unsupported_token_type') })
const shown = z.object({
  sub: z.string(),
  jti: z.string(),
  exp: z.number(),
  iat: z.number(),
  aud: z.string(),
  scope: z.string().optional(),
  cnf: z.object({ jkt: z.string() }).optional(),
})

/**
 * Introspection (RFC 7662) and revocation (RFC 7009) of access tokens that are JWTs, which oidc-provider refuses to do:
 * it runs around its endpoints, and answers where they would not. A client learns of its own tokens only.
 */
export const structuredTokens =
  ({ examine, endFamily }: Deps) =>
  async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next()
    if (!refusal.safeParse(ctx.body).success) return
    const { client, params, route, issuer } = ctx.oidc
    const text = String(params?.token)
    const found = await examine(text)
    const own = found.kind === 'ok' && found.token.clientId === client?.clientId ? found : undefined
    ctx.status = 200
    if (route === 'revocation') {
      ctx.body = ''
      if (own) await endFamily(own.token.id.family)
      return
    }
    ctx.body = own ? { active: true, ...about(text), client_id: own.token.clientId, iss: issuer } : { active: false }
  }

function about(text: string) {
  const claims = shown.parse(decodeJwt(text))
  return { token_type: claims.cnf ? 'DPoP' : 'Bearer', ...claims }
}
