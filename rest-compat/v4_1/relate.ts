import { joins } from '../../schema/joins.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import { flagOf, isObject, itemsOf, textOf, textsOf } from './arguments.ts'
import { run, type Arguments, type Call } from './call.ts'
import { Fault } from './fault.ts'
import { planned } from './plan.ts'

type Outcome = 'created' | 'deleted' | 'failed'

type Relating = {
  readonly moduleName: unknown
  readonly id: unknown
  readonly link: unknown
  readonly relatedIds: unknown
  readonly values: unknown
  readonly isDelete: boolean
}

/** Relates records over a link, or takes the relation away. Counts calls, not records. */
export async function setRelationship(call: Call, args: Arguments) {
  const outcome = await relate(call, {
    moduleName: args.module_name,
    id: args.module_id,
    link: args.link_field_name,
    relatedIds: args.related_ids,
    values: args.name_value_list,
    isDelete: flagOf(args.delete),
  })
  return counts([outcome])
}

/** @throws Fault  a list is empty */
export async function setRelationships(call: Call, args: Arguments) {
  const modules = itemsOf(args.module_names)
  const [ids, links, related] = [itemsOf(args.module_ids), itemsOf(args.link_field_names), itemsOf(args.related_ids)]
  if ([modules, ids, links, related].some(list => list.length === 0)) throw new Fault('invalid_data_format')
  const [values, deletes] = [itemsOf(args.name_value_lists), itemsOf(args.delete_array)]
  const outcomes: Outcome[] = []
  let isDelete = false
  for (const [i, moduleName] of modules.entries()) {
    if (i < deletes.length) isDelete = flagOf(deletes[i])
    const given = { moduleName, id: ids[i], link: links[i], relatedIds: related[i], values: values[i] ?? [], isDelete }
    outcomes.push(await relate(call, given))
  }
  return counts(outcomes)
}

function counts(outcomes: readonly Outcome[]) {
  const count = (outcome: Outcome) => outcomes.filter(other => other === outcome).length
  return { created: count('created'), failed: count('failed'), deleted: count('deleted') }
}

/**
 * Only an unknown module or link, and no right to see the record, are failures: SuiteCRM does not look whether the
 * records exist.
 *
 * @see SoapHelperWebService.php new_handle_set_relationship()
 */
async function relate(call: Call, given: Relating): Promise<Outcome> {
  const { catalog } = call.context
  const module = catalog.byName.get(textOf(given.moduleName))
  const link = module && catalog.links(module).get(textOf(given.link))
  if (!module || !link) return 'failed'
  const relatedIds = idsOf(given.relatedIds, given.isDelete)
  try {
    if (relatedIds.length > 0) {
      await run(call, operationOf(call, module, given.isDelete), {
        id: textOf(given.id),
        link: link.name,
        relatedIds,
        ...(given.isDelete ? {} : { values: pairValues(link, given.values) }),
      })
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    if (error.key === 'no_access') return 'failed'
    if (error.key !== 'no_records') throw error
  }
  return given.isDelete ? 'deleted' : 'created'
}

/** One id may come as text, but not to be taken away. */
function idsOf(value: unknown, isDelete: boolean): readonly string[] {
  const ids =
    typeof value === 'string' || typeof value === 'number' ? (isDelete ? [] : [textOf(value)]) : textsOf(value)
  return ids.filter(id => id !== '')
}

/** Values for the pair itself, as far as its table has such columns: a contact's role, the answer to an invitation. */
function pairValues({ via }: Link, given: unknown): Readonly<Record<string, unknown>> | null {
  if (via.kind !== 'join') return null
  const columns = Object.keys(joins[via.table] ?? {}).filter(
    name => ![via.near, via.far, via.role?.column].includes(name),
  )
  const values = itemsOf(given).flatMap(item =>
    isObject(item) && columns.includes(textOf(item.name)) ? [[textOf(item.name), item.value ?? null] as const] : [],
  )
  return values.length > 0 ? Object.fromEntries(values) : null
}

function operationOf(call: Call, module: Module, isDelete: boolean): Operation {
  const { type } = module.graphql
  return planned(call.context.catalog, `${isDelete ? 'unrelate' : 'relate'} ${type}`, () =>
    isDelete
      ? {
          name: 'LegacyUnrelate',
          text: `mutation LegacyUnrelate($id: ID!, $link: ${type}Link!, $relatedIds: [ID!]!) { unrelate${type}(id: $id, link: $link, relatedIds: $relatedIds) { id } }`,
        }
      : {
          name: 'LegacyRelate',
          text: `mutation LegacyRelate($id: ID!, $link: ${type}Link!, $relatedIds: [ID!]!, $values: JSON) { relate${type}(id: $id, link: $link, relatedIds: $relatedIds, values: $values) { id } }`,
        },
  )
}
