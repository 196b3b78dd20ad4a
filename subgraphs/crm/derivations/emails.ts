import { momentOf, type Context } from '../../../drizzle/context.ts'
import type { Draft } from '../derivations.ts'
import { isEmpty } from '../input.ts'

/** An e-mail belongs to somebody, and one that was sent was sent some time. @see SuiteCRM modules/Emails/Email.php save() */
export function deriveSent(ctx: Context, { row }: Draft): void {
  if (isEmpty(row.assigned_user_id)) row.assigned_user_id = ctx.principal.userId
  if (isEmpty(row.date_sent_received) && (row.status === 'sent' || row.status === 'replied')) {
    row.date_sent_received = momentOf(ctx.now())
  }
}
