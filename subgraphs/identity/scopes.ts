import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { covers, isScope } from '../../schema/scopes.ts'

/** What stands for everything that the user behind a key or client may. */
export const everything = '*'

/**
 * The scopes that a key or an API client is to have; null for everything.
 *
 * @throws INVALID    there is none, or one that does not exist
 * @throws FORBIDDEN  more than the principal's own token may
 */
export function checkedScopes({ principal, catalog }: Context, scopes: readonly string[]): readonly string[] | null {
  const wanted = [...new Set(scopes)]
  if (wanted.length === 0) throw invalid(`Say what it may do, or "${everything}" for everything`)
  const isAll = wanted.length === 1 && wanted[0] === everything
  const unknown = isAll ? undefined : wanted.find(scope => !isScope(scope, name => catalog.byName.has(name)))
  if (unknown !== undefined) throw invalid(`There is no scope "${unknown.slice(0, 100)}"`)
  const isBeyond = isAll ? principal.scopes !== 'all' : wanted.some(scope => !covers(principal.scopes, scope))
  if (isBeyond) throw new HouseError('FORBIDDEN', 'Nobody can give more scopes than their own token has')
  return isAll ? null : wanted
}

const invalid = (message: string) => new HouseError('INVALID', message, { field: 'scopes' })
