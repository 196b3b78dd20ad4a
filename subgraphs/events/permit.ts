import type { Context } from '../../drizzle/context.ts'
import { isClosed } from '../../drizzle/scope.ts'
import { closed } from '../../drizzle/select.ts'
import { HouseError } from '../../schema/errors.ts'
import { insufficientScope } from '../../schema/insufficient-scope.ts'
import { platformSubjects } from '../../schema/platform-subjects.ts'
import { covers } from '../../schema/scopes.ts'
import { subjectsOf, type Wanted } from './wanted.ts'

/** What a token needs for the events of a module, or of something of the platform. */
export const scopeFor = (subject: string) => platformSubjects.get(subject)?.scope ?? `records:read:${subject}`

/**
 * May the principal ask for such events at all? Who names modules must be allowed to read them; who names none gets the
 * events of those that it may read.
 *
 * @throws FORBIDDEN    the token lacks a scope, or the roles close a module
 * @throws BAD_REQUEST  a module or type that does not exist
 */
export function permitWanted(ctx: Context, wanted: Wanted): void {
  const { scopes } = ctx.principal
  const named = subjectsOf(ctx.catalog, wanted)
  if (!named) {
    const all = [...ctx.catalog.modules.map(({ name }) => name), ...platformSubjects.keys()]
    if (!all.some(name => covers(scopes, scopeFor(name)))) throw insufficientScope(['records:read'])
    return
  }
  const missing = named.filter(name => !covers(scopes, scopeFor(name)))
  // Of a pattern such as *.deleted, what the token may read is meant.
  const isExplicit = (wanted.modules?.length ?? 0) > 0 || missing.length === named.length
  if (missing.length > 0 && isExplicit) throw insufficientScope([...new Set(missing.map(scopeFor))])
  if (named.length > 0 && named.every(name => isForOthers(ctx, name))) {
    throw new HouseError('FORBIDDEN', 'Only administrators may see these events', { reason: 'administrators_only' })
  }
  for (const name of wanted.modules ?? []) {
    const module = ctx.catalog.byName.get(name)
    if (module && isClosed(ctx, module, 'view')) throw closed(module, 'view')
  }
}

/** Would none of these events ever be seen by the principal, whatever its token? */
export function isForOthers({ principal }: Context, name: string) {
  const subject = platformSubjects.get(name)
  return subject !== undefined && !principal.isAdmin && subject.owner === undefined
}
