import type { Context } from '../../drizzle/context.ts'
import { isClosed } from '../../drizzle/scope.ts'
import { closed } from '../../drizzle/select.ts'
import { insufficientScope } from '../../schema/insufficient-scope.ts'
import { covers } from '../../schema/scopes.ts'
import { modulesOf, type Wanted } from './wanted.ts'

/**
 * May the principal ask for such events at all? Who names modules must be allowed to read them; who names none gets the
 * events of those that it may read.
 *
 * @throws FORBIDDEN    the token lacks a scope, or the roles close a module
 * @throws BAD_REQUEST  a module or type that does not exist
 */
export function permitWanted(ctx: Context, wanted: Wanted): void {
  const { scopes } = ctx.principal
  const named = modulesOf(ctx.catalog, wanted)
  if (!named) {
    const isReader = ctx.catalog.modules.some(({ name }) => covers(scopes, `records:read:${name}`))
    if (!isReader) throw insufficientScope(['records:read'])
    return
  }
  const missing = named.filter(name => !covers(scopes, `records:read:${name}`))
  // Of a pattern such as *.deleted, what the token may read is meant.
  const isExplicit = (wanted.modules?.length ?? 0) > 0 || missing.length === named.length
  if (missing.length > 0 && isExplicit) throw insufficientScope(missing.map(name => `records:read:${name}`))
  for (const name of wanted.modules ?? []) {
    const module = ctx.catalog.byName.get(name)
    if (module && isClosed(ctx, module, 'view')) throw closed(module, 'view')
  }
}
