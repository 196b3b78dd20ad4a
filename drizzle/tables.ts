import { is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import * as apiKeys from './tables/api-keys.ts'
import * as audit from './tables/audit.ts'
import * as chores from './tables/chores.ts'
import * as clientJobs from './tables/client-jobs.ts'
import * as companions from './tables/companions.ts'
import * as customEndpoints from './tables/custom-endpoints.ts'
import * as denials from './tables/denials.ts'
import * as idempotency from './tables/idempotency.ts'
import * as documents from './tables/documents.ts'
import * as events from './tables/events.ts'
import * as imports from './tables/import.ts'
import * as limits from './tables/limits.ts'
import * as metadata from './tables/metadata.ts'
import * as oauth from './tables/oauth.ts'
import * as passwords from './tables/passwords.ts'
import { joinTables, recordTables } from './tables/records.ts'
import * as requestLog from './tables/request-log.ts'
import * as usage from './tables/usage.ts'
import * as webhooks from './tables/webhooks.ts'

const tablesIn = (exported: object) => Object.values(exported).filter(value => is(value, PgTable))

/** Every table of the database as migrations make it; what an installation adds comes on top at run time. */
export const tables: readonly PgTable[] = [
  recordTables,
  joinTables,
  apiKeys,
  audit,
  companions,
  oauth,
  passwords,
  idempotency,
  imports,
  chores,
  clientJobs,
  limits,
  documents,
  metadata,
  customEndpoints,
  denials,
  requestLog,
  events,
  usage,
  webhooks,
].flatMap(tablesIn)
