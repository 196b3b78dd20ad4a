import { isConcealed } from '../../drizzle/concealed.ts'
import type { Context } from '../../drizzle/context.ts'
import type { Row } from '../../drizzle/select.ts'
import { HouseError } from '../../schema/errors.ts'
import type { Module } from '../../schema/module.ts'
import { logCampaignMerge } from './campaign-merge.ts'
import { readUpload } from './files.ts'
import { mimeTypeOf } from './mime-type.ts'
import { recentViews, trackView } from './view.ts'

/** @throws BAD_REQUEST  there is none of that name */
export const moduleNamed = (ctx: Context, name: string) => {
  const module = ctx.catalog.byName.get(name)
  if (!module) throw new HouseError('BAD_REQUEST', `There is no module ${name}`, { argument: 'module' })
  return module
}

/** What can be asked for beside the records of one module. */
export const deedQueries = {
  recentViews: async (_source: unknown, { module }: { module?: string | null }, ctx: Context) =>
    recentViews(ctx, module ? moduleNamed(ctx, module) : undefined),
}

/** What can be done beside changing the records of one module. */
export const deedMutations = {
  trackView: async (_source: unknown, args: { module: string; id: string; action?: string | null }, ctx: Context) => {
    await trackView(ctx, moduleNamed(ctx, args.module), args.id, args.action ?? undefined)
    return true
  },
  logCampaignMerge: (_source: unknown, args: { campaignId: string; targetIds: readonly string[] }, ctx: Context) =>
    logCampaignMerge(ctx, args.campaignId, args.targetIds),
}

/** The file of a note or of a document's revision, read only when it is selected, and not for whom its name is hidden. */
export const fileOf = (module: Module) => async (row: Row, _args: unknown, ctx: Context) => {
  if (isConcealed(ctx, module, 'filename')) return null
  const bytes = await readUpload(ctx, row.id)
  if (!bytes) return null
  const filename = typeof row.filename === 'string' ? row.filename : row.id
  return { filename, mimeType: mimeTypeOf(bytes), size: bytes.length, contents: bytes.toString('base64') }
}
