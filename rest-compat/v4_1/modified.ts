import { isMany, type Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import { isEmpty } from '../php.ts'
import { isObject, textOf, textsOf, wholeOf } from './arguments.ts'
import { run, type Arguments, type Call } from './call.ts'
import type { Row } from './computed.ts'
import { faultAnswer, type FaultAnswer } from './fault.ts'
import { fieldsOf } from './links.ts'
import { comparison } from './literal.ts'
import { never } from './truth.ts'
import { filterInput } from './graph-filter.ts'
import { planned } from './plan.ts'
import { moduleOf, nodesOf, pageMax } from './read.ts'
import { columnsOf, nameValueList } from './record.ts'
import type { Column } from './value.ts'

/**
 * Records that the user is related to and that changed within a time: what Outlook asks for to synchronise meetings,
 * calls and contacts. The relationship always leads to the user who is logged in.
 *
 * @see SugarWebServiceImplv4_1.php get_modified_relationships(), soap/SoapRelationshipHelper.php
 */
export async function getModifiedRelationships(call: Call, args: Arguments) {
  const { catalog } = call.context
  for (const name of ['from_date', 'to_date']) if (isEmpty(args[name])) return failed(args, missing(name))
  moduleOf(call, args.module_name)
  const related = catalog.byName.get(textOf(args.related_module))
  if (!related) return failed(args, inAnswer(faultAnswer('no_module')))

  const wanted = textsOf(args.select_fields)
  const link = linkOfUser(call, textOf(args.module_name), related, textOf(args.relationship_name))
  const offset = Math.max(0, wholeOf(args.offset) ?? 0)
  const plan = link && planOf(call, link, wanted.length > 0 ? wanted : ['id', 'date_modified', 'deleted'])
  const rows = plan ? await changedRows(call, plan, args, offset) : []
  return {
    result_count: rows.length,
    next_offset: offset + rows.length,
    entry_list: rows.map(row => ({
      id: row.id,
      module_name: plan?.table ?? '',
      name_value_list: nameValueList(plan?.columns ?? [], row),
    })),
    error: noError,
  }
}

const noError = { number: 0, name: 'No Error', description: 'No Error' }

const inAnswer = ({ number, name, description }: FaultAnswer) => ({ number, name, description })

/** SuiteCRM has no error for it, and says so. */
const missing = (name: string) => ({
  number: '-1',
  name: `An Undefined Error - invalid_call_error, missing ${name} occurred`,
  description: `There is no error definition for invalid_call_error, missing ${name}`,
})

const failed = (args: Arguments, error: object) => ({
  result_count: 0,
  next_offset: 0,
  field_list: args.select_fields,
  entry_list: [],
  error,
})

/** The link of users that a relationship between the two modules is. */
function linkOfUser(call: Call, name: string, related: Module, relationship: string): Link | undefined {
  const { catalog } = call.context
  const users = catalog.byName.get('Users')
  const other = related.name === 'Users' ? catalog.byName.get(name) : related
  const links = users && other ? [...catalog.links(users).values()].filter(link => link.target === other) : []
  return links.find(link => isMany(link) && (relationship === '' || link.relationship === relationship))
}

type Plan = { readonly table: string; readonly columns: readonly Column[]; readonly operation: Operation }

function planOf(call: Call, link: Link, wanted: readonly string[]): Plan {
  const { catalog } = call.context
  const { target, module, name } = link
  return planned(catalog, JSON.stringify(['modified', name, wanted]), () => {
    const columns = columnsOf(catalog, target, call.version, wanted, 'detail')
    const { type } = target.graphql
    return {
      table: link.via.kind === 'join' ? link.via.table : target.table,
      columns,
      operation: {
        name: 'LegacyModified',
        text: `query LegacyModified($id: ID!, $filter: ${type}Filter, $first: Int!, $offset: Int!) { record: ${module.graphql.one}(id: $id) { list: ${name}(filter: $filter, first: $first, offset: $offset, deleted: INCLUDE, sort: [{ field: id }]) { nodes { ${fieldsOf(columns)} } } } }`,
      },
    }
  })
}

/** Changed within the time and live (or deleted, if so asked), or deleted since `deletion_date`. */
function filterOf(args: Arguments) {
  const [from, to, deleted] = [textOf(args.from_date), textOf(args.to_date), textOf(args.deletion_date)]
  const within = (start: string, isDeleted: boolean) => ({
    and: [
      filterInput(comparison({ field: 'date_modified' }, 'DateTime', 'gt', start).yes),
      filterInput(comparison({ field: 'date_modified' }, 'DateTime', 'lte', to).yes),
      { deleted: { eq: isDeleted } },
    ],
  })
  return { or: [within(from, !isEmpty(args.deleted)), deleted === '' ? filterInput(never) : within(deleted, true)] }
}

async function changedRows(call: Call, plan: Plan, args: Arguments, offset: number): Promise<readonly Row[]> {
  const wanted = wholeOf(args.max_results) ?? 0
  const limit = wanted === -99 ? Number.POSITIVE_INFINITY : Math.max(0, wanted)
  const rows: Row[] = []
  while (rows.length < limit) {
    const first = Math.min(limit - rows.length, pageMax)
    const variables = { id: call.context.principal.userId, filter: filterOf(args), first, offset: offset + rows.length }
    const { record } = await run(call, plan.operation, variables)
    const page = isObject(record) ? nodesOf(record.list) : []
    rows.push(...page)
    if (page.length < first) break
  }
  return rows
}
