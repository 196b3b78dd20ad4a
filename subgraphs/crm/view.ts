import { randomUUID } from 'node:crypto'
import { momentOf, type Context } from '../../drizzle/context.ts'
import { findRecord, findRecords } from '../../drizzle/select.ts'
import { displayFields } from '../../schema/derive.ts'
import { notFound } from '../../schema/errors.ts'
import type { Module } from '../../schema/module.ts'

/** A record that a user looked at. */
export type View = {
  readonly id: number
  readonly item_id: string
  readonly item_summary: string | null
  readonly module_name: string
  readonly monitor_id: string
  readonly date_modified: string
}

/**
 * Remembers that the principal looked at a record.
 *
 * @param action  what SuiteCRM calls the way of looking: `detailview`, `editview`
 * @throws NOT_FOUND
 * @see SuiteCRM service/v3_1/SugarWebServiceUtilv3_1.php trackView()
 */
export async function trackView(ctx: Context, module: Module, id: string, action = 'detailview'): Promise<void> {
  const fields = displayFields(module)
  const record = await findRecord(ctx, module, id, fields)
  if (!record) throw notFound(module.name, id)
  const summary = fields
    .map(name => record[name])
    .filter(word => word !== null && word !== '')
    .join(' ')
  await ctx.sql.unsafe(
    'insert into tracker (monitor_id, user_id, module_name, item_id, item_summary, date_modified, action, visible) values ($1, $2, $3, $4, $5, $6, $7, true)',
    [randomUUID(), ctx.principal.userId, module.name, id, summary, momentOf(ctx.now()), action],
    { prepare: true },
  )
}

/**
 * The records that the principal looked at last, newest first, each once.
 *
 * @param module  of that module only, at most ten; of all modules at most fifty
 * @see SuiteCRM modules/Trackers/BreadCrumbStack.php
 */
export async function recentViews(ctx: Context, module?: Module): Promise<readonly View[]> {
  const [condition, limit] = module ? ['and module_name = $2', 10] : ['', 50]
  const text = `select id, item_id, item_summary, module_name, monitor_id, date_modified from tracker where user_id = $1 and visible and not deleted ${condition} order by date_modified desc, id desc limit ${limit}`
  const views = await ctx.sql.unsafe<View[]>(
    text,
    module ? [ctx.principal.userId, module.name] : [ctx.principal.userId],
    {
      prepare: true,
    },
  )
  const seen = new Set<string>()
  const distinct = views.filter(({ item_id: id }) => !seen.has(id) && seen.add(id))
  return ctx.access.isFull ? distinct : visibleViews(ctx, distinct)
}

/** What one looked at once and may not see any more is left out, and so is its name. */
async function visibleViews(ctx: Context, views: readonly View[]): Promise<readonly View[]> {
  const visible = new Set<string>()
  for (const [name, ofModule] of Map.groupBy(views, view => view.module_name)) {
    const module = ctx.catalog.byName.get(name)
    if (!module) continue
    const ids = ofModule.map(view => view.item_id)
    for (const id of (await findRecords(ctx, module, ids, ['id'])).keys()) visible.add(`${name} ${id}`)
  }
  return views.filter(view => visible.has(`${view.module_name} ${view.item_id}`))
}

/** A deleted record is nobody's recent one. */
export async function forgetViews(ctx: Context, id: string): Promise<void> {
  await ctx.sql.unsafe('update tracker set visible = false where item_id = $1 and visible', [id], { prepare: true })
}
