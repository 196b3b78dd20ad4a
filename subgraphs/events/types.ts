import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { eventTypesOf, type EventType } from '../../schema/event-types.ts'
import { covers } from '../../schema/scopes.ts'
import { isForOthers, scopeFor } from './permit.ts'
import { typesMatched } from './wanted.ts'

/**
 * The types of events that the principal could see.
 *
 * @param types  names and patterns; all of them, if left out
 * @throws BAD_REQUEST  one of them is no type and matches none
 */
export function listTypes(ctx: Context, types?: readonly string[] | null): readonly EventType[] {
  const all = eventTypesOf(ctx.catalog)
  const named = types?.length ? typesMatched(ctx.catalog, types) : undefined
  return [...all.values()].filter(
    ({ name, subject }) =>
      (!named || named.has(name)) && covers(ctx.principal.scopes, scopeFor(subject)) && !isForOthers(ctx, subject),
  )
}

/** @throws NOT_FOUND  there is none of that name, or the principal could not see its events */
export function findType(ctx: Context, name: string): EventType {
  const type = listTypes(ctx).find(each => each.name === name)
  if (!type) throw new HouseError('NOT_FOUND', `There is no event type ${name}`, { type: name })
  return type
}
