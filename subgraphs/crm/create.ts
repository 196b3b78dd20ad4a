import { randomUUID } from 'node:crypto'
import { soleStatement, transaction, type Context } from '../../drizzle/context.ts'
import type { Row } from '../../drizzle/select.ts'
import type { Module } from '../../schema/module.ts'
import { acceptInput, type Accepted } from './accept.ts'
import { isWitnessed } from './audit-records.ts'
import { removeRecord } from './delete.ts'
import { derive, derivesBefore, type Draft } from './derivations.ts'
import { acceptAddress, storeAddress } from './email-addresses.ts'
import { storeEmailText } from './email-text.ts'
import { withStagedFile } from './files.ts'
import { invalid } from './input.ts'
import { relateParent, setLinked } from './linked.ts'
import { permitPart, permitWrite } from './permit.ts'
import { shapeOf } from './shape.ts'
import { stampNew } from './stamp.ts'
import { store, storeAnswered, type DraftRow } from './store.ts'
import { attachmentOf, pointToRevision, storeRevision } from './uploads.ts'
import { completeRequired } from './validate.ts'

/**
 * Makes a record: the client's values over the initial ones, what follows from them, and what belongs to the record
 * elsewhere (its e-mail address, its text, its file, one related record), in one transaction.
 *
 * A record that nothing else belongs to, as most are, is made and read by one statement.
 *
 * @param input  by field name; `id` may choose the id, `deleted: true` makes it a deleted one
 * @param answer  fields to read
 * @returns the row with those fields, where it did not take a statement more
 * @throws INVALID         strict validation; `field` says where
 * @throws INVALID_FILE    the file's extension is not accepted
 * @throws ALREADY_EXISTS  a record, deleted or not, has this id
 * @throws FORBIDDEN       its roles do not let the principal; only administrators make users, roles and groups; nobody makes API clients here
 * @see SuiteCRM data/SugarBean.php save(), populateDefaultValues()
 */
export async function createRecord(
  ctx: Context,
  module: Module,
  input: Readonly<Record<string, unknown>>,
  answer: readonly string[] = ['id'],
): Promise<Created> {
  permitWrite(ctx, module)
  const id = idFor(module, input.id)
  const accepted = acceptInput(ctx, module, input, true)
  const address = acceptAddress(ctx, module, accepted)
  const attachment = attachmentOf(ctx, module, id, accepted, true)

  const complete = async (ctx: Context) => {
    const draft = draftOf(ctx, module, id, accepted)
    await derive(ctx, draft)
    await permitPart(ctx, module, draft.row)
    stampNew(ctx, module, draft.row)
    completeRequired(ctx, module, draft.row)
    return draft
  }
  if (!attachment && address === undefined && isAlone(ctx, module, accepted)) {
    return soleStatement(ctx, async ctx => {
      const { row } = await complete(ctx)
      if (!namesItself(row)) return { id, row: await storeAnswered(ctx, module, row, answer) }
      await store(ctx, { kind: 'created', module, after: row })
      return { id }
    })
  }

  return withStagedFile(ctx, attachment?.ownerId ?? id, attachment?.upload, () =>
    transaction(ctx, async ctx => {
      const draft = await complete(ctx)
      if (attachment) await storeRevision(ctx, draft, attachment)
      const also = {
        ...(await storeAddress(ctx, module, id, address, accepted, true)),
        ...(module.name === 'Emails' && (await storeEmailText(ctx, id, accepted, true))),
      }
      await store(ctx, { kind: 'created', module, after: draft.row, also })

      for (const linked of accepted.linked) await setLinked(ctx, module, id, linked, true)
      await relateParent(ctx, draft)
      await pointToRevision(ctx, draft)
      if (accepted.row.deleted === true) await removeRecord(ctx, module, id, draft.row)
      return { id }
    }),
  )
}

/** A new record; `row` is what was asked for of it, if that is known already. */
export type Created = { readonly id: string; readonly row?: Row }

/** Modules whose records come with rows of other tables, or change other records. */
const accompanied: ReadonlySet<string> = new Set(['Emails', 'DocumentRevisions'])

/** Is there nothing to store but the record's own row and what the statement stores with it? */
const isAlone = (ctx: Context, module: Module, { linked, row }: Accepted) =>
  linked.length === 0 &&
  row.deleted !== true &&
  ctx.isSilent !== true &&
  !accompanied.has(module.name) &&
  !isWitnessed(module) &&
  derivesBefore(module)

/** A statement does not find what it makes: what the record shows of itself has to be read after. */
const namesItself = (row: DraftRow) => Object.entries(row).some(([name, value]) => name !== 'id' && value === row.id)

/** Ids are text up to 36 characters: `1`, `seed_chris_id` and `-99` are some of SuiteCRM's own. */
function idFor(module: Module, given: unknown): string {
  if (given === undefined || given === null || given === '') return randomUUID()
  if (typeof given === 'string' && /^[A-Za-z0-9_-]{1,36}$/.test(given)) return given
  throw invalid({ module: module.name, field: 'id' }, 'expected up to 36 letters, digits, - and _')
}

function draftOf(ctx: Context, module: Module, id: string, { row: sent, given }: Accepted): Draft {
  const row: DraftRow = {}
  for (const column of shapeOf(ctx.catalog, module).columns) row[column.name] = column.initial
  return { module, row: Object.assign(row, sent, { id, deleted: false }), given }
}
