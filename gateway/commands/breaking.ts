import { HouseError, type ErrorDetails } from '../../schema/errors.ts'
import { minuteOf, tableOf } from './table.ts'

/** Does the work of a command; when it would break clients, names them before the command fails. */
export async function namingUsers(work: () => Promise<void>) {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof HouseError) || error.details.reason !== 'breaking_change') throw error
    const users = usersIn(error.details)
    throw new HouseError(error.code, `${error.message}: --force.${users === '' ? '' : `\n\n${users}`}`, error.details)
  }
}

function usersIn({ users }: ErrorDetails): string {
  if (!Array.isArray(users) || users.length === 0) return ''
  const rows = users.flatMap((each: unknown) =>
    typeof each === 'object' && each !== null ? [Object.entries(each)] : [],
  )
  return tableOf(
    ['who', 'name', 'uses', 'requests', 'last used'],
    rows.map(entries => {
      const use = new Map<string, unknown>(entries)
      const text = (key: string) => String(use.get(key) ?? '')
      return [
        `${text('kind')} ${text('id')}`,
        text('name'),
        text('uses'),
        text('count'),
        minuteOf(text('lastUsedAt').replace('T', ' ')),
      ]
    }),
  )
}
