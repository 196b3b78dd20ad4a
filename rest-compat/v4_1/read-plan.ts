import type { Catalog } from '../../schema/catalog.ts'
import type { Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import type { WantedLink } from './arguments.ts'
import type { LegacyVersion } from './call.ts'
import { fieldsOf, linkPlans, linkSelection, type LinkPlan } from './links.ts'
import { planned } from './plan.ts'
import { columnsOf } from './record.ts'
import type { Column, Mode } from './value.ts'

/** How records of a module are read and answered for one choice of fields and links. */
export type ReadPlan = {
  readonly module: Module
  readonly columns: readonly Column[]
  readonly links: readonly LinkPlan[]
  /** `$id` -> `record` */
  readonly one: Operation
  /** `$ids` -> `list.nodes` */
  readonly byIds: Operation
  /** `$filter $sort $first $offset $deleted` -> `list.nodes` and `list.totalCount` */
  readonly page: Operation
}

/**
 * @param wanted  names of fields in the order in which the client sent them; none means all
 */
export function readPlan(
  catalog: Catalog,
  module: Module,
  version: LegacyVersion,
  mode: Mode,
  wanted: readonly string[],
  wantedLinks: readonly WantedLink[],
): ReadPlan {
  const key = JSON.stringify(['read', module.name, version, mode, wanted, wantedLinks])
  return planned(catalog, key, () => {
    const columns = columnsOf(catalog, module, version, wanted, mode)
    const links = linkPlans(catalog, module, version, wantedLinks)
    return { module, columns, links, ...operations(module, [fieldsOf(columns), ...links.map(linkSelection)].join(' ')) }
  })
}

function operations(module: Module, selection: string): Pick<ReadPlan, 'one' | 'byIds' | 'page'> {
  const { type, one, many } = module.graphql
  return {
    one: {
      name: 'LegacyEntry',
      text: `query LegacyEntry($id: ID!) { record: ${one}(id: $id) { ${selection} } }`,
    },
    byIds: {
      name: 'LegacyEntries',
      text: `query LegacyEntries($ids: [ID!]!, $first: Int!) { list: ${many}(filter: { id: { in: $ids } }, first: $first) { nodes { ${selection} } } }`,
    },
    page: {
      name: 'LegacyEntryList',
      text: `query LegacyEntryList($filter: ${type}Filter, $sort: [${type}Sort!], $first: Int!, $offset: Int!, $deleted: Deletion!) { list: ${many}(filter: $filter, sort: $sort, first: $first, offset: $offset, deleted: $deleted) { nodes { ${selection} } totalCount(upTo: ${countMax}) } }`,
    },
  }
}

/** Clients of this API count on exact totals. */
export const countMax = 2_147_483_647
