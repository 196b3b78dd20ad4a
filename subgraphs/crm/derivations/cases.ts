import type { Context } from '../../../drizzle/context.ts'
import type { Draft } from '../derivations.ts'
import { isEmpty } from '../input.ts'

/**
 * A case is open or closed as its status says: `Closed_Rejected` is closed.
 *
 * SuiteCRM works this out in its forms only: over its APIs a case keeps the state it has, `Open` at first, whatever the
 * status. Clients of the old APIs get that.
 *
 * @see SuiteCRM modules/AOP_Case_Updates/CaseUpdatesHook.php saveUpdate()
 */
export function deriveState(ctx: Context, { before, row, given }: Draft): void {
  if (before === undefined && row.status === 'New') row.status = 'Open_New'
  if (isEmpty(row.state)) row.state = 'Open'
  if (ctx.validation === 'lenient' || given.has('state') || !given.has('status')) return
  const [state = ''] = String(row.status ?? '').split('_')
  if (Object.hasOwn(ctx.catalog.lists.get('case_state_dom') ?? {}, state)) row.state = state
}
