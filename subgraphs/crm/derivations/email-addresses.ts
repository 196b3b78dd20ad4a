import type { Context } from '../../../drizzle/context.ts'
import type { Draft } from '../derivations.ts'
import { isAddress } from '../email-addresses.ts'
import { invalid, isEmpty } from '../input.ts'

/**
 * An address is found by its capitals, so it has none but its own.
 *
 * @throws INVALID  strict validation: it is no address
 */
export function deriveCapitals(ctx: Context, { module, row, given }: Draft): void {
  if (!given.has('email_address') || isEmpty(row.email_address)) return
  const address = String(row.email_address)
  if (ctx.validation === 'strict' && !isAddress(address)) {
    throw invalid({ module: module.name, field: 'email_address' }, 'expected an e-mail address')
  }
  row.email_address_caps = address.toUpperCase()
}
