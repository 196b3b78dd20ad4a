import { randomUUID } from 'node:crypto'
import { momentOf, type Context } from '../../drizzle/context.ts'
import { textKey, versionColumn } from '../../drizzle/tables/records.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import type { Accepted } from './accept.ts'
import type { Companions } from './events.ts'
import { invalid, isEmpty } from './input.ts'
import { stampsOf } from './stamp.ts'
import { store, type DraftRow } from './store.ts'

type KnownAddress = { id: string; email_address: string | null; opt_out: boolean | null; invalid_email: boolean | null }

/**
 * Refuses an e-mail address that is none; an older client's is passed over, as SuiteCRM does.
 *
 * @returns the address to store, null to have none, undefined to leave things as they are
 * @throws INVALID  strict validation
 */
export function acceptAddress(ctx: Context, module: Module, { email }: Accepted): string | null | undefined {
  const address = email.email_address?.trim()
  if (email.email_address === undefined) return undefined
  if (isEmpty(address)) return ctx.validation === 'strict' ? null : undefined
  if (isAddress(address)) return address
  if (ctx.validation === 'strict') throw invalid({ module: module.name, field: 'email1' }, 'expected an e-mail address')
  return undefined
}

/**
 * Stores the primary e-mail address of a record, and what is known of it.
 *
 * An address is a record of its own that several may share, known by its text without case. A new primary address takes
 * the place of the old one; flags that were not sent stay as they are.
 *
 * @param address  null: no primary address any more; undefined: the one it has
 * @returns the fields of the record that have changed with it
 * @see SuiteCRM include/SugarEmailAddress/SugarEmailAddress.php saveEmail(), AddUpdateEmailAddress()
 */
export async function storeAddress(
  ctx: Context,
  module: Module,
  id: string,
  address: string | null | undefined,
  { email }: Accepted,
  isNew: boolean,
): Promise<Companions> {
  const hasFlags = email.opt_out !== undefined || email.invalid_email !== undefined
  const link = ctx.catalog.links(module).get('email_addresses')
  if (!link || (address === undefined && (isNew || !hasFlags))) return {}

  const current = isNew ? [] : await primaryAddresses(ctx, module, id)
  const kept = typeof address === 'string' ? current.filter(known => isSame(known, address)) : []
  const dropped = address === undefined ? [] : current.filter(known => !kept.includes(known))
  if (dropped.length > 0) {
    await store(ctx, { kind: 'unrelated', link, id, relatedIds: dropped.map(known => known.id), told: true })
  }
  if (typeof address === 'string') {
    const addressId = await knownOrNew(ctx, link, address, email)
    if (kept.length === 0) await makePrimary(ctx, link, id, addressId, isNew)
  }
  if (address === undefined) for (const known of current) await updateAddress(ctx, link, known, email)
  return companionsOf(current.at(0), address, email)
}

/** What of the record's own fields has changed with its address. */
function companionsOf(known: KnownAddress | undefined, address: string | null | undefined, email: Accepted['email']) {
  const held = address === undefined ? known?.email_address : address
  const pairs = [
    ['email1', known?.email_address, held],
    ['email_opt_out', known?.opt_out, email.opt_out],
    ['invalid_email', known?.invalid_email, email.invalid_email],
  ] as const
  return Object.fromEntries(
    pairs.flatMap(([name, old, value]) =>
      value === undefined || value === (old ?? null) ? [] : [[name, { old: old ?? null, new: value }] as const],
    ),
  )
}

const isSame = (known: KnownAddress, address: string) => known.email_address?.toUpperCase() === address.toUpperCase()

async function primaryAddresses(ctx: Context, module: Module, id: string): Promise<readonly KnownAddress[]> {
  const text = `select ea.id, ea.email_address, ea.opt_out, ea.invalid_email from email_addr_bean_rel r join email_addresses ea on ea.id = r.email_address_id where r.bean_id = $1 and r.bean_module = $2 and r.primary_address and not r.deleted and not ea.deleted`
  return ctx.sql.unsafe<KnownAddress[]>(text, [id, module.name], { prepare: true })
}

async function makePrimary(ctx: Context, link: Link, id: string, addressId: string, ofNewRecord: boolean) {
  const values = { primary_address: true, reply_to_address: false, date_created: momentOf(ctx.now()) }
  await store(ctx, { kind: 'related', link, id, relatedIds: [addressId], values, ofNewRecord, told: true })
}

/** Two clients that bring the same new address at once wait for one another, so that it is stored once. */
async function knownOrNew(ctx: Context, link: Link, address: string, email: Accepted['email']): Promise<string> {
  const lock = 'select pg_advisory_xact_lock(hashtextextended(lower($1), 0))'
  const find = `select id, email_address, opt_out, invalid_email from email_addresses where ${textKey('email_address_caps')} = lower($1) and not deleted order by id limit 1`
  const [, [known]] = await Promise.all([
    ctx.sql.unsafe(lock, [address], { prepare: true }),
    ctx.sql.unsafe<KnownAddress[]>(find, [address], { prepare: true }),
  ])
  if (known) {
    await updateAddress(ctx, link, known, email, address)
    return known.id
  }
  const now = momentOf(ctx.now())
  const after: DraftRow = {
    id: randomUUID(),
    email_address: address,
    email_address_caps: address.toUpperCase(),
    opt_out: email.opt_out ?? false,
    invalid_email: email.invalid_email ?? false,
    confirm_opt_in: 'not-opt-in',
    date_created: now,
    date_modified: now,
    deleted: false,
    [versionColumn]: 1,
  }
  await store(ctx, { kind: 'created', module: link.target, after })
  return String(after.id)
}

async function updateAddress(
  ctx: Context,
  link: Link,
  known: KnownAddress,
  { opt_out: optOut, invalid_email: isInvalid }: Accepted['email'],
  address = known.email_address,
): Promise<void> {
  const values: DraftRow = {}
  if (typeof optOut === 'boolean' && optOut !== known.opt_out) values.opt_out = optOut
  if (typeof isInvalid === 'boolean' && isInvalid !== known.invalid_email) values.invalid_email = isInvalid
  if (address !== known.email_address) values.email_address = address
  if (Object.keys(values).length === 0) return
  await store(ctx, {
    kind: 'set',
    module: link.target,
    ids: [known.id],
    values: { ...values, ...stampsOf(ctx, link.target) },
  })
}

/** What SuiteCRM takes for an address, in a form that no text is slow to check against. */
export function isAddress(address: string): boolean {
  if (address.length > 255) return false
  const at = address.lastIndexOf('@')
  const [name, host] = [address.slice(0, at), address.slice(at + 1)]
  if (at < 1 || !/^['.\-+&#!$*=?^`{}~/\w]+$/.test(name)) return false
  if (/^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)) return true
  const [, body = '', top = ''] = /^(.*)\.([^.]*)$/.exec(host) ?? []
  return /^[\w-]{2,}$/.test(top) && /^[\w.-]+$/.test(body) && /^\w/.test(body) && /\w$/.test(body)
}
