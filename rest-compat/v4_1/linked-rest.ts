import { isObject, textOf } from './arguments.ts'
import { run, type Call } from './call.ts'
import type { Row } from './computed.ts'
import { fieldsOf, hasMore, linkPage, linkRows, type LinkPlan } from './links.ts'
import { planned } from './plan.ts'
import type { ReadPlan } from './read-plan.ts'

type Linked = Pick<ReadPlan, 'module' | 'links'>

/** The rows with all records of their links, also where one page did not hold them. SuiteCRM answers all of them. */
export async function withAllLinked(call: Call, plan: Linked, rows: readonly Row[]): Promise<readonly Row[]> {
  const cut = plan.links.filter(link => rows.some(row => hasMore(link, row)))
  if (cut.length === 0) return rows
  const complete: Row[] = []
  for (const row of rows) {
    const links: Record<string, unknown> = {}
    for (const link of cut) {
      if (link.alias !== undefined && hasMore(link, row))
        links[link.alias] = { nodes: await readAll(call, plan, link, row) }
    }
    complete.push({ ...row, ...links })
  }
  return complete
}

async function readAll(call: Call, { module }: Linked, link: LinkPlan, row: Row): Promise<readonly Row[]> {
  const fields = fieldsOf(link.columns)
  const operation = planned(call.context.catalog, `rest ${module.name}.${link.name} ${fields}`, () => ({
    name: 'LegacyLinked',
    text: `query LegacyLinked($id: ID!, $offset: Int!) { record: ${module.graphql.one}(id: $id, deleted: INCLUDE) { link: ${link.name}(first: ${linkPage}, offset: $offset, sort: [{ field: id }]) { nodes { ${fields} } pageInfo { hasNextPage } } } }`,
  }))
  const all = [...linkRows(link, row)]
  const rest: LinkPlan = { ...link, alias: 'link' }
  for (let more = true; more;) {
    const { record } = await run(call, operation, { id: textOf(row.id), offset: all.length })
    if (!isObject(record)) break
    all.push(...linkRows(rest, record))
    more = hasMore(rest, record)
  }
  return all
}
