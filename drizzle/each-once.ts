import type { GraphQLFieldResolver } from 'graphql'
import { transaction, type Context } from './context.ts'
import { once } from './once.ts'
import { HouseError } from '../schema/errors.ts'

type Resolve = GraphQLFieldResolver<unknown, Context>

/**
 * Makes every mutation one that is done once for an Idempotency-Key.
 *
 * What it answered is not kept here, because it may hold a secret; the gateway keeps the whole answer, sealed. Only
 * when the process died in between is the repeat told that it was done.
 */
export const eachOnce = (mutations: Readonly<Record<string, unknown>>): Record<string, Resolve> =>
  Object.fromEntries(Object.entries(mutations).map(([name, resolve]) => [name, doneOnce(resolve as Resolve)]))

const doneOnce =
  (resolve: Resolve): Resolve =>
  async (source, args, ctx, info) => {
    if (!ctx.repeatable) return resolve(source, args, ctx, info)
    let answer: unknown
    const { isRepeat } = await once(ctx, ctx =>
      transaction(ctx, async ctx => {
        answer = await resolve(source, args, ctx, info)
      }),
    )
    if (isRepeat) throw new HouseError('CONFLICT', 'This was done before, and its answer cannot be given again')
    return answer
  }
