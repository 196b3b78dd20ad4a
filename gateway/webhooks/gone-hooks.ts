import type { Pool } from '../../drizzle/client.ts'

/** REST hooks whose address has answered 410 go, as those who made them expect. */
export const removeGoneHooks = (sql: Pool) => sql`
  with gone as (delete from webhook_endpoint where removed_when_gone and status = 'DISABLED' and status_reason = 'gone' returning id),
    secrets as (delete from webhook_secret where endpoint_id in (select id from gone)),
    health as (delete from webhook_health where endpoint_id in (select id from gone)),
    tokens as (delete from webhook_token where endpoint_id in (select id from gone))
  delete from webhook_delivery where endpoint_id in (select id from gone)`
