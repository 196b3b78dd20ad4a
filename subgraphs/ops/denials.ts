import type { Context } from '../../drizzle/context.ts'

/** What a request was not given, with what is known today of who asked. */
export type DenialRow = {
  readonly requestId: string
  readonly at: string
  readonly door: string | null
  readonly operation: string | null
  readonly kind: 'scope' | 'administrators' | 'forbidden' | 'not_found'
  readonly missingScope: string | null
  readonly module: string | null
  readonly action: string | null
  readonly recordId: string | null
  readonly field: string | null
  readonly userId: string
  /** Absent when the user was deleted since. */
  readonly userName: string | null
  readonly isAdmin: boolean
  readonly isActive: boolean
  readonly clientId: string | null
  readonly clientName: string | null
  readonly keyId: string | null
  readonly keyName: string | null
  /** What the request came with; null for everything. */
  readonly scopes: readonly string[] | null
  /** The most that the API client, or the key, may have today; null for everything. */
  readonly allowedScopes: readonly string[] | null
}

const rowsMax = 100

/** What requests of that id were not given, in order. A client may choose the ids, so it can be several requests. */
export const denialsOf = (ctx: Context, requestId: string) => ctx.sql<DenialRow[]>`
  select d.request_id as "requestId", d.at::text as at, d.door, d.operation, d.kind, d.missing_scope as "missingScope",
    d.module, d.action, d.record_id as "recordId", d.field, d.user_id as "userId", u.user_name as "userName",
    coalesce(u.is_admin, false) as "isAdmin", u.id is not null and u.status = 'Active' as "isActive",
    d.client_id as "clientId", c.name as "clientName", d.key_id as "keyId", k.name as "keyName", d.scopes,
    case when d.key_id is not null then k.scopes else s.scopes end as "allowedScopes"
  from (select * from access_denial where request_id = ${requestId.replaceAll('\0', '')} order by id desc limit ${rowsMax}) d
  left join users u on u.id = d.user_id and not u.deleted
  left join oauth2clients c on c.id = d.client_id and not c.deleted
  left join api_client_settings s on s.client_id = d.client_id
  left join api_key k on k.id = d.key_id
  order by d.id`
