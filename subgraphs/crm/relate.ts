import { transaction, type Context } from '../../drizzle/context.ts'
import { findRecords, type Purpose } from '../../drizzle/select.ts'
import { scopeOf } from '../../drizzle/scope.ts'
import { HouseError, notFound } from '../../schema/errors.ts'
import { joins } from '../../schema/joins.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { invalid, parseValue, type Stored } from './input.ts'
import { isPossibleId, lockRecord } from './lock.ts'
import { ownColumns } from './pairs.ts'
import { permitOn, permitRelation } from './permit.ts'
import { stampChange, stampFields, stampsOf } from './stamp.ts'
import { store, type DraftRow } from './store.ts'

/** Records that are now related, or no longer. */
export type Relation = { readonly id: string; readonly relatedIds: readonly string[] }

/**
 * Relates records over a link. Repeating it changes nothing but the values of the pair.
 *
 * @param values  for the columns that belong to the pair, where the link has a table of its own: contact_role, accept_status
 * @throws BAD_REQUEST  no such link, or one that nobody may set
 * @throws NOT_FOUND    one of the records
 * @throws CONFLICT     the record is not at the version that the caller has seen
 * @throws INVALID      strict validation: an unknown or wrong value
 * @throws FORBIDDEN
 * @see SuiteCRM data/Relationships/M2MRelationship.php, One2MBeanRelationship.php
 */
export async function relateRecords(
  ctx: Context,
  module: Module,
  id: string,
  linkName: string,
  relatedIds: readonly string[],
  values: Readonly<Record<string, unknown>> = {},
  expectedVersion?: number,
): Promise<Relation> {
  const link = linkOf(ctx, module, linkName)
  const wanted = [...new Set(relatedIds)]
  permitRelation(ctx, link, id, wanted)
  const pairValues = acceptValues(ctx, link, values)

  return transaction(ctx, async ctx => {
    const before = await lockRecord(ctx, module, id, 'edit', expectedVersion)
    await permitOn(ctx, link.target, checkedIds(link.target, wanted), purposeAtFarEnd(link))
    const { via } = link
    switch (via.kind) {
      case 'here': {
        const relatedId = wanted.at(-1)
        if (relatedId === undefined) break
        const after: DraftRow = { ...before, [via.column]: relatedId }
        if (via.role) after[via.role.column] = via.role.value
        stampChange(ctx, module, before, after, new Set([via.column]))
        await store(ctx, { kind: 'updated', module, before, after })
        break
      }
      case 'there': {
        if (wanted.length === 0) break
        const values: DraftRow = { ...stampsOf(ctx, link.target), [via.column]: id }
        if (via.role) values[via.role.column] = via.role.value
        await store(ctx, { kind: 'set', module: link.target, ids: wanted, values })
        break
      }
      case 'join':
        if (wanted.length > 0) await store(ctx, { kind: 'related', link, id, relatedIds: wanted, values: pairValues })
        break
    }
    return { id, relatedIds: wanted }
  })
}

/**
 * Ends the relation of records over a link; the records stay.
 *
 * @throws BAD_REQUEST  no such link
 * @throws NOT_FOUND    no such record
 * @throws CONFLICT     it is not at the version that the caller has seen
 * @throws NOT_RELATED  one of them is not related; then none is changed
 * @throws FORBIDDEN
 */
export async function unrelateRecords(
  ctx: Context,
  module: Module,
  id: string,
  linkName: string,
  relatedIds: readonly string[],
  expectedVersion?: number,
): Promise<Relation> {
  const link = linkOf(ctx, module, linkName)
  const wanted = [...new Set(relatedIds)]
  permitRelation(ctx, link, id, wanted)

  return transaction(ctx, async ctx => {
    const before = await lockRecord(ctx, module, id, 'edit', expectedVersion)
    await checkFarEnd(ctx, link, id, wanted)
    const ended = new Set(await endRelation(ctx, link, id, before, wanted.filter(isPossibleId)))
    const stranger = wanted.find(relatedId => !ended.has(relatedId))
    if (stranger !== undefined) throw notRelated(link, id, stranger)
    return { id, relatedIds: wanted }
  })
}

/** @returns the records that were related, and no longer are */
async function endRelation(
  ctx: Context,
  link: Link,
  id: string,
  before: DraftRow,
  relatedIds: readonly string[],
): Promise<readonly string[]> {
  const { module, target, via } = link
  switch (via.kind) {
    case 'here': {
      const held = before[via.column]
      const isOurs = !via.role || before[via.role.column] === via.role.value
      if (typeof held !== 'string' || !isOurs || !relatedIds.includes(held)) return []
      const after: DraftRow = { ...before, [via.column]: null }
      stampChange(ctx, module, before, after, new Set([via.column]))
      await store(ctx, { kind: 'updated', module, before, after })
      return [held]
    }
    case 'there': {
      const { column, role } = via
      const stamps = stampsOf(ctx, target)
      return store(ctx, { kind: 'cleared', module: target, stamps, column, value: id, role, among: relatedIds })
    }
    case 'join':
      return store(ctx, { kind: 'unrelated', link, id, relatedIds })
  }
}

/** Who made and changed a record is not for clients to say, except for those that SuiteCRM lets. */
function linkOf(ctx: Context, module: Module, name: string): Link {
  const link = ctx.catalog.links(module).get(name)
  const isStamp = link !== undefined && link.via.kind !== 'join' && stampFields.has(link.via.column)
  if (!link || (isStamp && ctx.validation === 'strict') || (link.via.kind !== 'join' && link.via.column === 'id')) {
    throw new HouseError('BAD_REQUEST', `${module.name} has no link ${name} to relate records over`, {
      module: module.name,
      link: name,
    })
  }
  return link
}

/** What of the values belongs to the pair; older clients may send more. */
function acceptValues(ctx: Context, link: Link, values: Readonly<Record<string, unknown>>): DraftRow {
  const { via } = link
  const own = new Map(via.kind === 'join' ? ownColumns(via, link.module) : [])
  const accepted: Record<string, Stored> = {}
  for (const [name, value] of Object.entries(values)) {
    const column = own.get(name)
    const place = { module: via.kind === 'join' ? via.table : link.module.name, field: name }
    if (column && joins[place.module]) accepted[name] = parseValue(place, { kind: column.kind }, value, ctx.validation)
    else if (ctx.validation === 'strict') throw invalid(place, 'the link has no such value')
  }
  return accepted
}

/**
 * What the principal must be allowed to do to the records at the far end. Most are only pointed to; but a link that is kept
 * in their own column changes them.
 */
const purposeAtFarEnd = ({ via }: Link): Purpose => (via.kind === 'there' ? 'edit' : 'view')

/** @throws NOT_FOUND  one is text that is no record's id */
function checkedIds(target: Module, ids: readonly string[]): readonly string[] {
  const impossible = ids.find(id => !isPossibleId(id))
  if (impossible !== undefined) throw notFound(target.name, impossible)
  return ids
}

/** What the principal does not see is related to nothing. */
async function checkFarEnd(ctx: Context, link: Link, id: string, ids: readonly string[]): Promise<void> {
  const purpose = purposeAtFarEnd(link)
  if (scopeOf(ctx, link.target, purpose, 't') === undefined && scopeOf(ctx, link.target, 'view', 't') === undefined)
    return
  const visible = await findRecords(ctx, link.target, ids.filter(isPossibleId), ['id'])
  const stranger = ids.find(each => !visible.has(each))
  if (stranger !== undefined) throw notRelated(link, id, stranger)
  await permitOn(ctx, link.target, ids, purpose)
}

const notRelated = (link: Link, id: string, relatedId: string) =>
  new HouseError('NOT_RELATED', `${link.target.name} ${relatedId} is not related to ${link.module.name} ${id}`, {
    module: link.module.name,
    id,
    link: link.name,
    relatedId,
  })
