import type { Context } from '../../../drizzle/context.ts'
import { findPage } from '../../../drizzle/select.ts'
import { cursorOf } from '../../../drizzle/select.ts'
import { HouseError } from '../../../schema/errors.ts'
import { permitExport, type ExportSettings } from './export.ts'
import { headText, recordsText } from './export-text.ts'
import { endJob, type ClientJob } from './job.ts'

/** So many records are read and stored together: what is in memory is this much, however long the export is. */
const recordsAtOnce = 1_000

/**
 * Writes the next part of an export, in the transaction that has locked its job. Pages follow the values of the order,
 * so records that come and go meanwhile make none appear twice.
 *
 * @returns whether it is over
 * @throws FORBIDDEN  the principal may no longer export
 */
export async function exportSome(ctx: Context, job: Pick<ClientJob, 'id' | 'module' | 'settings'>): Promise<boolean> {
  const { id } = job
  const module = ctx.catalog.byName.get(job.module)
  if (!module) throw new HouseError('NOT_FOUND', `There is no module ${job.module}`)
  permitExport(ctx, module)
  // It was stored by startExport().
  const settings = job.settings as ExportSettings
  const { columns, filter, sort, format, isGuarded, hasMark, after } = settings
  const page = await findPage(ctx, module, {
    ...{ filter, sort, after, cursors: true, limit: recordsAtOnce, also: 'export' },
    fields: columns.map(({ name }) => name),
  })
  const head = after === undefined ? headText(format, columns, hasMark) : ''
  const bytes = Buffer.from(head + recordsText(format, columns, page.rows, isGuarded))
  const last = page.rows.at(-1)
  const next: ExportSettings = last ? { ...settings, after: cursorOf(last, page.sort) } : settings
  await ctx.sql`insert into export_part (job, start, bytes) select id, bytes, ${bytes} from client_job where id = ${id}
    and ${bytes.length} > 0`
  await ctx.sql`
    update client_job set status = 'RUNNING', started_at = coalesce(started_at, ${ctx.now().toISOString()}),
      done = done + ${page.rows.length}, total = total + ${page.rows.length}, bytes = bytes + ${bytes.length},
      settings = ${JSON.stringify(next)}::jsonb where id = ${id}`
  if (!page.hasNextPage) await endJob(ctx, id, 'FINISHED')
  return !page.hasNextPage
}
