import type { Context } from '../../../drizzle/context.ts'
import { HouseError } from '../../../schema/errors.ts'
import { insufficientScope } from '../../../schema/insufficient-scope.ts'
import { covers } from '../../../schema/scopes.ts'
import { permitExport, type ExportSettings } from './export.ts'
import { findJob } from './job.ts'

/** A finished export. */
export type ExportFile = {
  readonly filename: string
  readonly mediaType: string
  readonly bytes: number
  /** A part of it, a piece at a time. `end` is its last byte. */
  read(start: number, end: number): AsyncGenerator<Buffer>
}

const kinds = {
  NDJSON: { ending: 'ndjson', mediaType: 'application/x-ndjson' },
  CSV: { ending: 'csv', mediaType: 'text/csv; charset=utf-8; header=present' },
} as const

/**
 * The file of an export that the principal started, while they may export the module's records.
 *
 * @throws NOT_FOUND  there is no such export, or it is forgotten
 * @throws CONFLICT   it is not finished
 * @throws FORBIDDEN
 */
export async function exportFile(ctx: Context, id: string): Promise<ExportFile> {
  const job = await findJob(ctx, id)
  const module = ctx.catalog.byName.get(job.module)
  if (job.kind !== 'EXPORT' || !module) throw new HouseError('NOT_FOUND', `There is no export ${id}`, { id })
  const scope = `records:read:${module.name}`
  if (!covers(ctx.principal.scopes, scope)) throw insufficientScope([scope])
  permitExport(ctx, module)
  if (job.status !== 'FINISHED')
    throw new HouseError('CONFLICT', `The export ${id} is not finished`, {
      id,
      status: job.status,
      retryAfterSeconds: 1,
    })
  // It was stored by startExport().
  const { ending, mediaType } = kinds[(job.settings as ExportSettings).format]
  return {
    filename: `${module.name}-${job.createdAt.slice(0, 10)}.${ending}`,
    mediaType,
    bytes: Number(job.bytes),
    async *read(start, end) {
      let at = start
      while (at <= end) {
        const [part] = await ctx.sql<{ start: string; bytes: Buffer }[]>`
          select start, bytes from export_part where job = ${id} and start <= ${at} order by start desc limit 1`
        const piece = part?.bytes.subarray(at - Number(part.start), end - Number(part.start) + 1)
        if (!piece || piece.length === 0) throw new Error(`The export ${id} has no byte ${at}`)
        yield piece
        at += piece.length
      }
    },
  }
}
