import { HouseError } from '../schema/errors.ts'
import type { Context } from './context.ts'

/** A request that its client may send again: what it writes is remembered under its Idempotency-Key. */
export type Repeatable = {
  /** Keys of different callers are different keys. */
  readonly caller: string
  readonly key: string
  /** Of what is asked: the same key with another is refused. */
  readonly fingerprint: string
  /** Numbers the writes of the request, which come in the same order each time. */
  readonly nextStep: () => number
  /** Told when a write was found to be done already. */
  readonly onRepeat?: () => void
}

/** What came of a write, now or when it was done first. */
export type Once<T> = { readonly value: T; readonly isRepeat: boolean }

/**
 * Does a write once for an Idempotency-Key.
 *
 * The memory of it commits with the write's own transaction, the first that `work` opens, so that whatever is killed
 * when, the two are both there or both not. A repeat at the same time waits for that transaction.
 *
 * @param work  answers something that JSON can hold, from its transaction
 * @throws KEY_REUSED  the key was used for something else
 */
export async function once<T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<Once<T>> {
  const { repeatable } = ctx
  if (!repeatable) return { value: await work(ctx), isRepeat: false }
  try {
    return { value: await work({ ...ctx, step: repeatable.nextStep() }), isRepeat: false }
  } catch (error) {
    if (!(error instanceof DoneBefore)) throw error
    repeatable.onRepeat?.()
    return { value: error.result as T, isRepeat: true }
  }
}

/** Ends a transaction whose write was done before. Not an error: `once` catches it. */
class DoneBefore extends Error {
  constructor(readonly result: unknown) {
    super('done before')
  }
}

/** Runs the work of a transaction under the number of its step, if it has one. */
export async function remembered<T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<T> {
  const { repeatable, step, sql } = ctx
  if (!repeatable || step === undefined) return work(ctx)
  const { caller, key, fingerprint } = repeatable
  const claimed = await sql`
    insert into idempotency_step (caller, key, step, fingerprint, created_at)
    values (${caller}, ${key}, ${step}, ${fingerprint}, ${ctx.now().toISOString()})
    on conflict do nothing returning step`
  if (claimed.length === 0) throw await doneBefore(ctx, repeatable, step)
  const result = await work({ ...ctx, step: undefined })
  await sql`update idempotency_step set result = ${JSON.stringify(result ?? null)}::jsonb
    where caller = ${caller} and key = ${key} and step = ${step}`
  return result
}

async function doneBefore({ sql }: Context, { caller, key, fingerprint }: Repeatable, step: number) {
  const [done] = await sql<{ fingerprint: string; result: unknown }[]>`
    select fingerprint, result from idempotency_step where caller = ${caller} and key = ${key} and step = ${step}`
  return done?.fingerprint === fingerprint ? new DoneBefore(done.result) : keyReused()
}

export const keyReused = () =>
  new HouseError('KEY_REUSED', 'This Idempotency-Key was used for another request', { header: 'Idempotency-Key' })
