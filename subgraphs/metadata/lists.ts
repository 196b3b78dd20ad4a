import { audit } from '../../drizzle/audit.ts'
import { changeDefinitions, type Changed } from '../../drizzle/definitions.ts'
import { momentOf, type Context } from '../../drizzle/context.ts'
import type { Connection } from '../../drizzle/client.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { HouseError } from '../../schema/errors.ts'
import { refuseBreak, type Break } from './breaking.ts'

export type Option = { readonly key: string; readonly label: string }
export type OptionListRow = { readonly name: string; readonly options: readonly Option[] }

const optionsMax = 1_000
const textMax = 100

const invalid = (message: string, field = 'options') => new HouseError('INVALID', message, { field })

/**
 * Makes a list of options, or gives one of this installation other options.
 *
 * @param force  also when records and clients may still use an option that goes
 * @throws INVALID   the name or an option is none, or the list is SuiteCRM's
 * @throws CONFLICT  an option goes that a field offers
 */
export async function setOptionList(
  ctx: Context,
  name: string,
  options: readonly Option[],
  force = false,
): Promise<Changed<OptionListRow>> {
  if (!/^[a-z][a-z0-9_]{0,79}$/.test(name)) throw invalid('A list is called by a-z, 0-9 and _, a letter first', 'name')
  if (coreCatalog.lists.has(name)) throw invalid(`${name} is SuiteCRM's own; make a list of another name`, 'name')
  checkOptions(options)
  return changeDefinitions(ctx, async ctx => {
    await refuseBreak(ctx, goneOptions(ctx, name, options), force)
    await writeList(ctx, name, options)
    const before = ctx.catalog.lists.get(name)
    const after = { options: keysAndLabels(options), ...(force ? { forced: true } : {}) }
    audit(ctx, { action: 'list.set', id: name, before: before && { options: before }, after })
    return { name, options }
  })
}

/** What goes when a list has other options: fields that offer them. */
function goneOptions({ catalog }: Context, name: string, options: readonly Option[]): readonly Break[] {
  const kept = new Set(options.map(({ key }) => key))
  const gone = Object.keys(catalog.lists.get(name) ?? {}).filter(key => !kept.has(key))
  if (gone.length === 0) return []
  return catalog.modules.flatMap(module =>
    Object.entries(module.fields)
      .filter(([, field]) => field.options === name)
      .map(([field]) => ({ module: module.name, field, what: `loses the options ${gone.slice(0, 20).join(', ')}` })),
  )
}

const keysAndLabels = (options: readonly Option[]) => Object.fromEntries(options.map(({ key, label }) => [key, label]))

/** @throws INVALID */
export function checkOptions(options: readonly Option[]) {
  if (options.length === 0 || options.length > optionsMax) throw invalid(`A list has 1 to ${optionsMax} options`)
  for (const { key, label } of options) {
    if (key.length > textMax || label.length > textMax || /[\p{Cc}^,]/u.test(key) || /\p{Cc}/u.test(label))
      throw invalid(`Keys and labels have at most ${textMax} characters; keys have neither ^ nor commas`)
  }
  const keys = options.map(({ key }) => key)
  const twice = keys.find((key, i) => keys.indexOf(key) !== i)
  if (twice !== undefined) throw invalid(`The key ${JSON.stringify(twice)} is there twice`)
}

/** Stores a list in the transaction of a change. */
export async function writeList({ sql, principal, now }: Context, name: string, options: readonly Option[]) {
  const row = {
    options: JSON.stringify(options.map(({ key, label }) => [key, label])),
    date_modified: momentOf(now()),
    modified_user_id: principal.userId,
  }
  await sql`insert into option_lists ${sql({ name, ...row })} on conflict (name) do update set ${sql(row)}`
}

/** Takes away a list that was made for a field that is gone, unless another field uses it. */
export async function forgetList(sql: Connection, name: string) {
  await sql`delete from option_lists l where l.name = ${name}
    and not exists (select from fields_meta_data f where f.ext1 = l.name)`
}
