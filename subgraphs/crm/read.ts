import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql'
import type { Context } from '../../drizzle/context.ts'
import { isConcealed } from '../../drizzle/concealed.ts'
import { isReadable } from '../../drizzle/expression.ts'
import {
  closed,
  countLinked,
  cursorOf,
  findLinked,
  findRecord,
  findRecords,
  type Deletion,
  type Page,
  type Row,
  type Selection,
} from '../../drizzle/select.ts'
import { isClosed } from '../../drizzle/scope.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { HouseError } from '../../schema/errors.ts'
import { joins } from '../../schema/joins.ts'
import { isMany, type Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { batched } from './batch.ts'
import { filterOf, sortOf, type FilterInput, type SortInput } from '../../schema/filter-input.ts'
import { pageAndCount } from './page-and-count.ts'
import { perPlace, selectedFields } from './selection.ts'

type Resolver<Source, Args> = GraphQLFieldResolver<Source, Context, Args, unknown>

type PageArgs = {
  readonly filter?: FilterInput | null
  readonly sort?: SortInput | null
  readonly first?: number | null
  readonly after?: string | null
  readonly offset?: number | null
  readonly deleted?: Deletion | null
}

/** At most this many records in one page of a client; pages inside a link are smaller. */
const firstMax = 1_000

/** What a connection field answers: each part is read when, and only when, the operation selects it. */
type Connection = {
  readonly hasPrevious: boolean
  readonly page: () => Promise<Page>
  readonly count: (upTo: number) => Promise<number>
}

export const resolveOne =
  (catalog: Catalog, module: Module): Resolver<unknown, { id: string; deleted?: Deletion | null }> =>
  (_source, { id, deleted }, ctx, info) => {
    if (isClosed(ctx, module, 'view')) throw closed(module, 'view')
    return findRecord(ctx, module, id, columnsFor(catalog, module, info), { deleted: deleted ?? 'EXCLUDE' })
  }

export const resolveMany =
  (catalog: Catalog, module: Module): Resolver<unknown, PageArgs> =>
  (_source, args, ctx, info): Connection => {
    const selection = selectionOf(catalog, module, args, info)
    return { hasPrevious: hasPrevious(args), ...pageAndCount(ctx, module, selection) }
  }

/** The record that an entity reference names, in batches over all references of a request. */
export const resolveReference =
  (catalog: Catalog, module: Module) =>
  async ({ id }: { id: string }, ctx: Context, info: GraphQLResolveInfo) => {
    const fields = perPlace(info, catalog, `entity ${module.name}`, () =>
      columnsOfNames(catalog, module, selectedFields(info, [], module.graphql.type)),
    )
    const key = `entity ${module.name} ${fields.join()}`
    const row = await batched(ctx, key, ids => findRecords(ctx, module, ids, fields)).load(id)
    return row ? { ...row } : null
  }

/** A link field: a connection where it can lead to many records, else the record. */
export const resolveLink = (catalog: Catalog, link: Link) =>
  isMany(link) ? toMany(catalog, link) : toOne(catalog, link)

/** Do rules on fields keep the link from the principal? Then it leads nowhere. */
const isCut = (ctx: Context, link: Link) => isConcealed(ctx, link.module, link.name)

const nothing: Connection = {
  hasPrevious: false,
  page: () => Promise.resolve({ rows: [], hasNextPage: false, sort: [] }),
  count: () => Promise.resolve(0),
}

function toOne(catalog: Catalog, link: Link): Resolver<Row, unknown> {
  const { via } = link
  return (row, _args, ctx, info) => {
    const id = row[via.kind === 'here' ? via.column : 'id']
    if (typeof id !== 'string' || id === '' || isCut(ctx, link)) return null
    if (via.role && row[via.role.column] !== via.role.value) return null
    const fields = columnsFor(catalog, link.target, info)
    const key = `one ${link.target.name} ${fields.join()}`
    return batched(ctx, key, ids => findRecords(ctx, link.target, ids, fields)).load(id)
  }
}

function toMany(catalog: Catalog, link: Link): Resolver<Row, PageArgs> {
  const own = link.via.kind === 'join' ? pairColumns(link.via) : []
  return (row, args, ctx, info): Connection => {
    if (isCut(ctx, link)) return nothing
    const selection = selectionOf(catalog, link.target, args, info)
    const wantsPair = perPlace(info, catalog, 'pair', () => selectedFields(info, ['edges']).includes('link'))
    const joinColumns = wantsPair ? own : []
    const key = `${link.module.name}.${link.name} ${JSON.stringify(args)} ${selection.fields.join()} ${selection.cursors === true} ${joinColumns.length}`
    const { filter, deleted } = selection
    return {
      hasPrevious: hasPrevious(args),
      page: async () => {
        const load = (ids: readonly string[]) => findLinked(ctx, link, ids, { ...selection, joinColumns })
        return (await batched(ctx, key, load).load(row.id)) ?? { rows: [], hasNextPage: false, sort: [] }
      },
      count: async upTo => {
        const load = (ids: readonly string[]) => countLinked(ctx, link, ids, { filter, deleted, upTo })
        return (await batched(ctx, `count ${upTo} ${key}`, load).load(row.id)) ?? 0
      },
    }
  }
}

/** The columns of a join table that say something about the pair. */
const pairColumns = (via: Link['via'] & { readonly kind: 'join' }) =>
  Object.keys(joins[via.table] ?? {}).filter(name => name !== via.near && name !== via.far && name !== via.role?.column)

export const connectionResolvers = {
  nodes: async (connection: Connection) => (await connection.page()).rows,
  edges: async (connection: Connection) => {
    const { rows, sort } = await connection.page()
    return rows.map(row => ({ node: row, cursor: cursorOf(row, sort), link: row['#link'] ?? null }))
  },
  pageInfo: async (connection: Connection) => {
    const { rows, hasNextPage, sort } = await connection.page()
    const [first, last] = [rows[0], rows.at(-1)]
    return {
      hasNextPage,
      hasPreviousPage: connection.hasPrevious,
      startCursor: first ? cursorOf(first, sort) : null,
      endCursor: last ? cursorOf(last, sort) : null,
    }
  },
  totalCount: (connection: Connection, { upTo }: { upTo?: number | null }) => connection.count(upTo ?? 10_000),
}

function selectionOf(catalog: Catalog, module: Module, args: PageArgs, info: GraphQLResolveInfo): Selection {
  const { fields, cursors } = perPlace(info, catalog, 'page', () => {
    const names = [...selectedFields(info, ['nodes']), ...selectedFields(info, ['edges', 'node'])]
    const ofPage = selectedFields(info, ['pageInfo'])
    return {
      fields: columnsOfNames(catalog, module, names),
      cursors: selectedFields(info, ['edges']).includes('cursor') || ofPage.some(name => name.endsWith('Cursor')),
    }
  })
  return {
    fields,
    cursors,
    filter: filterOf(args.filter),
    sort: sortOf(args.sort),
    limit: bounded('first', args.first ?? 20, 0, firstMax),
    after: args.after ?? undefined,
    offset: bounded('offset', args.offset ?? 0, 0, Number.MAX_SAFE_INTEGER),
    deleted: args.deleted ?? 'EXCLUDE',
  }
}

const hasPrevious = (args: PageArgs) => typeof args.after === 'string' || (args.offset ?? 0) > 0

function bounded(argument: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value
  throw new HouseError('BAD_REQUEST', `${argument} must be from ${least} to ${most}`, { argument })
}

/** What a field that answers a record of the module must read. */
export const columnsFor = (catalog: Catalog, module: Module, info: GraphQLResolveInfo) =>
  perPlace(info, catalog, `record ${module.name}`, () => columnsOfNames(catalog, module, selectedFields(info)))

/** What must be read for the selected fields: themselves, the id, and the columns that selected links start from. */
function columnsOfNames(catalog: Catalog, module: Module, names: readonly string[]): readonly string[] {
  const columns = new Set(['id'])
  const links = catalog.links(module)
  for (const name of names) {
    const link = links.get(name)
    if (link?.via.kind === 'here') {
      columns.add(link.via.column)
      if (link.via.role) columns.add(link.via.role.column)
    } else if (!link && isReadable(catalog, module, name)) columns.add(name)
    if (name === 'file') columns.add('filename')
  }
  return [...columns]
}
