import type { Context } from '../../drizzle/context.ts'
import { closed, findRecords, type Purpose } from '../../drizzle/select.ts'
import { scopeOf } from '../../drizzle/scope.ts'
import { administeredModules, fieldRightOf, guardOf, reachOf } from '../../schema/access.ts'
import { HouseError, notFound } from '../../schema/errors.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { outOfReach } from './lock.ts'
import type { DraftRow } from './store.ts'

// What may be written. Which records a role lets the principal change is said where they are read for it, in lock.ts.

/** Kept by the identity subgraph alone. */
const keptElsewhere: ReadonlySet<string> = new Set(['OAuth2Clients', 'OAuth2Tokens'])

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
  if (keptElsewhere.has(module.name)) throw forbidden(module)
  if (ctx.principal.isAdmin) return
  if (id === undefined && reachOf(ctx.access, module.name, 'edit') === 'none') throw closed(module, 'edit')
  if (!administeredModules.has(module.name)) return
  if (module.name === 'Users' && id !== undefined && id === ctx.principal.userId) return
  throw forbidden(module)
}

/**
 * May the principal delete such a record?
 *
 * @throws FORBIDDEN
 */
export function permitDelete(ctx: Context, module: Module): void {
  if (keptElsewhere.has(module.name)) throw forbidden(module)
  if (administeredModules.has(module.name) && !ctx.principal.isAdmin) throw forbidden(module)
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
  if (keptElsewhere.has(module.name) || keptElsewhere.has(target.name)) throw forbidden(target)
  if (via.kind === 'here') permitWrite(ctx, module, id)
  if (via.kind === 'there') for (const relatedId of relatedIds) permitWrite(ctx, target, relatedId)
  if (!mayWriteField(ctx, module, link.name)) throw fieldNotWritable(module, link.name)
  const changed = via.kind === 'here' ? module : target
  if (via.kind !== 'join' && !mayWriteField(ctx, changed, via.column)) throw fieldNotWritable(changed, via.column)
  const isMembership = administeredModules.has(module.name) && administeredModules.has(target.name)
  if (via.kind === 'join' && isMembership && !ctx.principal.isAdmin) throw forbidden(target)
}

/**
 * May the principal do this to all of the records?
 *
 * @throws NOT_FOUND  one of them does not exist, or the principal may not see it
 * @throws FORBIDDEN  it sees one that it may not do this to
 */
export async function permitOn(ctx: Context, module: Module, ids: readonly string[], purpose: Purpose): Promise<void> {
  const isUnlimited = scopeOf(ctx, module, purpose, 't') === undefined
  const reached = await findRecords(ctx, module, ids, ['id'], { purpose })
  const missing = ids.find(id => !reached.has(id))
  if (missing === undefined) return
  const isVisible = !isUnlimited && (await findRecords(ctx, module, [missing], ['id'])).has(missing)
  throw isVisible ? outOfReach(module, missing, purpose) : notFound(module.name, missing)
}

/**
 * A record that is part of another one is made by who may change that.
 *
 * @throws NOT_FOUND, FORBIDDEN
 */
export async function permitPart(ctx: Context, module: Module, row: DraftRow): Promise<void> {
  const guard = guardOf(module.name)
  if (guard.kind !== 'part' || ctx.access.isFull) return
  const whole = ctx.catalog.byName.get(guard.of)
  const id = row[guard.column]
  if (whole && typeof id === 'string' && id !== '') await permitOn(ctx, whole, [id], 'edit')
}

/** May the principal write the field? */
export const mayWriteField = (ctx: Context, module: Module, field: string) =>
  fieldRightOf(ctx.access, module.name, field) === 'WRITE'

export const fieldNotWritable = (module: Module, field: string) =>
  new HouseError('FORBIDDEN', `Your roles do not let you write the field ${field} of ${module.name}`, {
    module: module.name,
    field,
  })

const forbidden = (module: Module) =>
  new HouseError('FORBIDDEN', `${module.name} may not be changed like this`, { module: module.name })
