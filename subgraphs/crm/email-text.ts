import type { Context } from '../../drizzle/context.ts'
import type { Accepted } from './accept.ts'
import { derivationOf } from '../../schema/derive.ts'
import { isAddress } from './email-addresses.ts'
import type { Companions } from './events.ts'
import { invalid, isEmpty } from './input.ts'

type EmailText = Record<string, string | null>

const columns = [
  'from_addr',
  'reply_to_addr',
  'to_addrs',
  'cc_addrs',
  'bcc_addrs',
  'description',
  'description_html',
  'raw_source',
]

const addressColumns = columns.slice(0, 5)

/**
 * Stores the addresses and bodies of an e-mail. A new e-mail always has such a row, a known one keeps what was not sent.
 *
 * @returns the fields of the e-mail that have changed with it
 * @throws INVALID  strict validation: an address is none
 * @see SuiteCRM modules/Emails/Email.php save(), saveEmailText()
 */
export async function storeEmailText(
  ctx: Context,
  id: string,
  { emailText }: Accepted,
  isNew: boolean,
): Promise<Companions> {
  if (!isNew && Object.keys(emailText).length === 0) return {}
  const before: EmailText = isNew ? {} : await textOf(ctx, id)
  const text: EmailText = { ...before, ...emailText }
  for (const column of addressColumns) {
    if (emailText[column]) text[column] = tidyAddresses(ctx, emailText[column])
  }
  if (isEmpty(text.description_html) && !isEmpty(text.description)) {
    text.description_html = text.description?.replace(/\r\n|\n|\r/g, '<br />$&') ?? null
  }
  const names = columns.join(', ')
  const values = columns.map((_, i) => `$${i + 2}`).join(', ')
  const updates = columns.map(column => `${column} = excluded.${column}`).join(', ')
  await ctx.sql.unsafe(
    `insert into emails_text (email_id, ${names}) values ($1, ${values}) on conflict (email_id) do update set ${updates}`,
    [id, ...columns.map(column => text[column] ?? null)],
    { prepare: true },
  )
  return companionsOf(ctx, before, text)
}

function companionsOf(ctx: Context, before: EmailText, after: EmailText): Companions {
  const module = ctx.catalog.byName.get('Emails')
  if (!module) return {}
  return Object.fromEntries(
    Object.keys(module.fields).flatMap(name => {
      const derivation = derivationOf(ctx.catalog, module, name)
      if (derivation?.kind !== 'emailText') return []
      const [old, now] = [before[derivation.column] ?? null, after[derivation.column] ?? null]
      return old === now ? [] : [[name, { old, new: now }] as const]
    }),
  )
}

async function textOf(ctx: Context, id: string): Promise<EmailText> {
  const text = `select ${columns.join(', ')} from emails_text where email_id = $1 for update`
  const [row] = await ctx.sql.unsafe<EmailText[]>(text, [id], { prepare: true })
  return row ?? {}
}

/**
 * `Ann <ann@x.org>; bob@x.org` -> `Ann <ann@x.org>, bob@x.org`. What is no address is left out, or refused of clients that
 * validate.
 *
 * @see SuiteCRM modules/Emails/Email.php cleanEmails()
 */
function tidyAddresses(ctx: Context, list: string): string {
  const parts = list
    .split(/[,;]|::/)
    .map(part => part.trim())
    .filter(part => part !== '')
  const tidied = parts.map(part => {
    const address = (/<([^<>]*)>[^<>]*$/.exec(part)?.[1] ?? part).trim()
    if (!isAddress(address)) {
      if (ctx.validation === 'lenient') return ''
      throw invalid({ module: 'Emails', field: 'addresses' }, `${JSON.stringify(part)} is no e-mail address`)
    }
    const name = part
      .replace(address, '')
      .replace(/[<>"']/g, '')
      .trim()
    return name === '' ? address.toLowerCase() : `${name} <${address.toLowerCase()}>`
  })
  return tidied.filter(part => part !== '').join(', ')
}
