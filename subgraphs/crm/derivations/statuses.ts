import type { Context } from '../../../drizzle/context.ts'
import type { Draft } from '../derivations.ts'
import { isEmpty } from '../input.ts'

/**
 * A call, meeting, task or lead always has a status: its default, else the first of its options.
 *
 * @see SuiteCRM getDefaultStatus() of modules/Calls/Call.php, Meetings/Meeting.php, Tasks/Task.php; modules/Leads/Lead.php save()
 */
export function deriveStatus({ catalog }: Context, { module, row }: Draft): void {
  const field = module.fields.status
  if (!field || !isEmpty(row.status)) return
  const options = catalog.lists.get(field.options ?? '') ?? {}
  const first = Object.keys(options).find(key => key !== '')
  row.status = isEmpty(field.default) ? (first ?? null) : String(field.default)
}
