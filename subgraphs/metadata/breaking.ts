import { usersOf, type FieldUser } from '../../drizzle/usage.ts'
import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import type { Field } from '../../schema/field.ts'

/** What a change takes from clients. Without a field it is all of the module. */
export type Break = { readonly module: string; readonly field?: string; readonly what: string }

/** Who has used nothing of it for so long is not named. */
const usedWithinDays = 30
const usersNamed = 100

/**
 * Refuses a change that takes something from clients, and names those that have used it in the last 30 days.
 *
 * @param force  whoever asks knows that
 * @throws CONFLICT  `breaks` says what goes, `users` who used it, and when last
 */
export async function refuseBreak(ctx: Context, breaks: readonly Break[], force: boolean): Promise<void> {
  if (breaks.length === 0 || force) return
  const names = breaks.map(({ module, field }) => (field === undefined ? module : `${module}.${field}`))
  const since = new Date(ctx.now().getTime() - usedWithinDays * 86_400_000)
  const users = await usersOf(ctx, names, since)
  const words = breaks.map(({ what }, i) => `${names[i] ?? ''} ${what}`)
  throw new HouseError(
    'CONFLICT',
    `This breaks clients: ${words.join('; ')}. ${whoSays(users.length)} Force it to do it anyway`,
    {
      reason: 'breaking_change',
      breaks: words,
      users: users.slice(0, usersNamed).map(shown),
    },
  )
}

const whoSays = (count: number) =>
  count === 0
    ? `Nobody has used it in the last ${usedWithinDays} days.`
    : `${count} ${count === 1 ? 'client has' : 'clients have'} used it in the last ${usedWithinDays} days.`

const shown = ({ clientId, clientName, keyId, keyName, userId, userName, ...use }: FieldUser) => ({
  id: clientId ?? keyId ?? userId ?? '',
  name: clientName ?? keyName ?? userName ?? '',
  kind: clientId !== null ? 'client' : keyId !== null ? 'key' : 'user',
  uses: use.names,
  doors: use.doors,
  count: use.count,
  lastUsedAt: `${use.lastAt.replace(' ', 'T')}Z`,
})

/** What clients lose when a field is defined in another way. Pure. */
export function breaksBetween(before: Field, after: Field): readonly string[] {
  const [longest, length] = [lengthOf(before), lengthOf(after)]
  return [
    ...(isOn(after.required) && !isOn(before.required) ? ['has to be given from now on'] : []),
    ...(after.sensitive && !before.sensitive ? ['is not answered any more'] : []),
    ...(length < longest ? [`takes no more than ${length} characters, ${longest} before`] : []),
    ...(after.options !== undefined && after.options !== before.options
      ? [`takes only options of ${after.options}`]
      : []),
  ]
}

const lengthOf = ({ len }: Field) => (len === undefined ? Infinity : Number(len))

const isOn = (required: Field['required']) => required === true || required === 'true' || Number(required) === 1
