import { HouseError } from '../../schema/errors.ts'
import { insufficientScope } from '../../schema/insufficient-scope.ts'
import type { Principal } from '../../schema/principal.ts'
import { covers } from '../../schema/scopes.ts'

export type Arguments = Readonly<Record<string, unknown>>

/** Who may ask for a field. Which records they see is not decided here but in the scoped select. */
export type Rule = {
  /** What a token needs, all of it. */
  readonly scopes: readonly string[]
  /** Only administrators, whatever the token has. */
  readonly admin?: true
  /** What a token needs besides, by the values of the arguments. */
  readonly also?: { readonly says: string; readonly of: (args: Arguments) => readonly string[] }
}

/** By coordinate: `Query.accounts`, `Account.contacts`. */
export type Rules = ReadonlyMap<string, Rule>

/** Whoever is signed in. */
export const anyone: Rule = { scopes: [] }

export const scoped = (...scopes: readonly string[]): Rule => ({ scopes })

export const administrators = (scope: 'admin:read' | 'admin:write' | 'logs:read'): Rule => ({
  scopes: [scope],
  admin: true,
})

/** Does the rule ask anything of a principal that holds every scope and is no administrator? */
export const isOpenToAll = ({ scopes, admin, also }: Rule) => scopes.length === 0 && !admin && !also

/** Why the principal may not; undefined when it may. */
export function refusalOf(rule: Rule, principal: Principal, args: Arguments): HouseError | undefined {
  const needed = rule.also ? [...rule.scopes, ...rule.also.of(args)] : rule.scopes
  return refusal(needed, rule.admin === true, principal)
}

export function refusal(
  needed: readonly string[],
  needsAdmin: boolean,
  { scopes, isAdmin }: Principal,
): HouseError | undefined {
  const missing = scopes === 'all' ? [] : needed.filter(scope => !covers(scopes, scope))
  if (missing.length > 0) return insufficientScope(leastOf(missing))
  return needsAdmin && !isAdmin
    ? new HouseError('FORBIDDEN', 'Only administrators may do this', { reason: 'administrators_only' })
    : undefined
}

/** Without what another of them includes. */
const leastOf = (scopes: readonly string[]) =>
  [...new Set(scopes)].filter(scope => !scopes.some(other => other !== scope && covers([other], scope)))
