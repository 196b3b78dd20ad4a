import { transaction, type Context } from '../../../drizzle/context.ts'
import { HouseError } from '../../../schema/errors.ts'
import type { Module } from '../../../schema/module.ts'
import { createRecord } from '../create.ts'
import { updateRecord } from '../update.ts'
import { checkSystem, matcherFor } from './match.ts'
import { externalIdName, recordInputOf, type RowInput } from './row-input.ts'

/** A record that was made or changed. */
export type Upserted = { readonly id: string; readonly outcome: 'CREATED' | 'UPDATED' }

/**
 * Makes the record that another system knows by an id, or changes it. Of several that bring the same new one at a time,
 * one makes it, and the others find it made.
 *
 * @param mustBeNew  refuses to change one
 * @throws CONFLICT  it is there, and must be new
 * @throws NOT_FOUND it is there, and the principal may not see it
 * @throws INVALID, FORBIDDEN  as createRecord and updateRecord
 */
export async function upsertByExternalId(
  ctx: Context,
  module: Module,
  key: { readonly system: string; readonly externalId: string },
  given: RowInput,
  mustBeNew: boolean,
): Promise<Upserted> {
  const match = { by: 'externalId', system: checkSystem(key.system) } as const
  const row = { ...given, [externalIdName]: key.externalId }
  const input = recordInputOf(ctx.catalog, module, given)
  return transaction(ctx, async ctx => {
    const matcher = await matcherFor(ctx, module, match, [row])
    const known = matcher.find(row)
    if (known === undefined) {
      const { id } = await createRecord(ctx, module, input)
      await matcher.made(row, id)
      return { id, outcome: 'CREATED' }
    }
    if (mustBeNew)
      throw new HouseError('CONFLICT', `${module.name} ${known} has this external id`, {
        module: module.name,
        id: known,
      })
    const { id: _, ...changes } = input
    await updateRecord(ctx, module, known, changes)
    return { id: known, outcome: 'UPDATED' }
  })
}
