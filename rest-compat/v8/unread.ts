import type { Module } from '../../schema/module.ts'
import { documentAnswer, type Answer } from './answer.ts'
import type { Call } from './call.ts'
import { recordDocument } from './get-record.ts'
import { inputOf } from './input.ts'
import * as operations from './operations.ts'
import type { PhpArray, PhpValue } from './php-array.ts'
import { isNode } from './record.ts'
import { missing, notFoundText, refused, run } from './run.ts'

/**
 * Answers a record that SuiteCRM cannot read again after it saved it: one that is deleted now, or whose id was among
 * the attributes (then nothing is stored at all).
 *
 * SuiteCRM answers what it has in memory: seconds are there, the user who changed it stands with the login name, and
 * `deleted` is a number.
 */
export async function wholeRecord(call: Call, module: Module, id: string, attributes: PhpArray): Promise<Answer> {
  const { views, context } = call
  const writer = views.writer(module, 'memory', undefined, 4)
  const operation = operations.readOne(views.catalog, module, writer.fields)
  const { r } = await run(context, operation, { id, deleted: 'INCLUDE' })
  const sentId = attributes.get('id')
  const shownId = typeof sentId === 'string' ? sentId : id
  if (!isNode(r) || (shownId !== id && r['deleted'] === true)) {
    throw await missing(context, module.name, refused(notFoundText(module.name, id)))
  }

  const changed = shownId === id ? {} : inputOf(module, views.graph(module), attributes, call.style.date)
  const node = {
    ...r,
    ...changed,
    id: shownId,
    date_modified: attributes.has('date_modified') ? r['date_modified'] : isoSeconds(context.now()),
    modified_user_id: context.principal.userId,
    modified_by_name: context.principal.userName,
  }
  const text = writer.write(node, { style: call.style, path: `${call.path}/${shownId}` })
  return documentAnswer(201, recordDocument(withDeleted(text, attributes.get('deleted'))))
}

const isoSeconds = (at: Date) => `${at.toISOString().slice(0, 19)}Z`

/** `deleted` as it was sent when it means so, else the number 0. */
const withDeleted = (record: string, sent: PhpValue | undefined) =>
  record.replace(
    /^( {12}"deleted": )"[01]"/m,
    (_, key: string) => key + (isDeletion(sent) ? JSON.stringify(sent) : '0'),
  )

const isDeletion = (value: PhpValue | undefined) => value === true || value === 1 || value === '1'
