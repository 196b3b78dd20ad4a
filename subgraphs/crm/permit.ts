import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'

// What only administrators may write, because it decides what others may do. What a role allows is a matter of the select.

/** Kept by the identity subgraph alone. */
const closed: ReadonlySet<string> = new Set(['OAuth2Clients', 'OAuth2Tokens'])

const administered: ReadonlySet<string> = new Set(['Users', 'ACLRoles', 'SecurityGroups'])

/** What users may not change of themselves. */
const entrusted: ReadonlySet<string> = new Set([
  'user_name',
  'is_admin',
  'status',
  'employee_status',
  'is_group',
  'portal_only',
  'external_auth_only',
  'authenticate_id',
  'sugar_login',
  'system_generated_password',
  'pwd_last_changed',
  'factor_auth',
  'factor_auth_interface',
  'deleted',
])

/**
 * May the principal write such a record?
 *
 * @param id  of the record to change; absent for a new one
 * @throws FORBIDDEN
 */
export function permitWrite(ctx: Context, module: Module, id?: string): void {
  if (closed.has(module.name)) throw forbidden(module)
  if (!administered.has(module.name) || ctx.principal.isAdmin) return
  if (module.name === 'Users' && id !== undefined && id === ctx.principal.userId) return
  throw forbidden(module)
}

/**
 * May the principal delete such a record?
 *
 * @throws FORBIDDEN
 */
export function permitDelete(ctx: Context, module: Module): void {
  if (closed.has(module.name)) throw forbidden(module)
  if (administered.has(module.name) && !ctx.principal.isAdmin) throw forbidden(module)
}

/**
 * Leaves out of an input what users may not change of themselves, as SuiteCRM does; a client that validates is told.
 *
 * @throws FORBIDDEN  strict validation
 */
export function permittedInput(ctx: Context, module: Module, input: Readonly<Record<string, unknown>>) {
  if (module.name !== 'Users' || ctx.principal.isAdmin) return input
  const refused = Object.keys(input).filter(name => entrusted.has(name))
  if (refused.length === 0) return input
  if (ctx.validation === 'strict' || refused.includes('deleted')) throw forbidden(module)
  return Object.fromEntries(Object.entries(input).filter(([name]) => !entrusted.has(name)))
}

/**
 * May the principal change who is related over the link? Memberships of users in groups and roles are rights.
 *
 * @throws FORBIDDEN
 */
export function permitRelation(ctx: Context, link: Link, id: string, relatedIds: readonly string[]): void {
  const { module, target, via } = link
  if (closed.has(module.name) || closed.has(target.name)) throw forbidden(target)
  if (via.kind === 'here') permitWrite(ctx, module, id)
  if (via.kind === 'there') for (const relatedId of relatedIds) permitWrite(ctx, target, relatedId)
  const isMembership = administered.has(module.name) && administered.has(target.name)
  if (via.kind === 'join' && isMembership && !ctx.principal.isAdmin) throw forbidden(target)
}

const forbidden = (module: Module) =>
  new HouseError('FORBIDDEN', `${module.name} may not be changed like this`, { module: module.name })
