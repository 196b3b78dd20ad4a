import type { Catalog } from '../../schema/catalog.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { prepared, type Operation } from '../operation.ts'

// Every operation names its root field `r`, so handlers need not know GraphQL names.

const operation = (catalog: Catalog, kind: 'query' | 'mutation', name: string, rest: string): Operation =>
  prepared(catalog, `${name} ${rest}`, () => ({ name, text: `${kind} ${name}${rest}` }))

const pageArguments = 'filter: $filter, sort: $sort, first: $first, after: $after'
const page = (selection: string) => `{ nodes { ${selection} } pageInfo { hasNextPage startCursor endCursor } }`
const pageVariables = (type: string) => `$filter: ${type}Filter, $sort: [${type}Sort!], $first: Int, $after: String`

export const readOne = (catalog: Catalog, { graphql: { one, type } }: Module, selection: string) =>
  operation(catalog, 'query', `V81Read${type}`, `($id: ID!) { r: ${one}(id: $id) { ${selection} } }`)

export const readMany = (catalog: Catalog, { graphql: { many, type } }: Module, selection: string) =>
  operation(
    catalog,
    'query',
    `V81List${type}`,
    `(${pageVariables(type)}) { r: ${many}(${pageArguments}) ${page(selection)} }`,
  )

/** A page of the records that a link to many leads to. */
export const readLinked = (catalog: Catalog, { module: { graphql }, name, target }: Link, selection: string) =>
  operation(
    catalog,
    'query',
    `V81Linked${graphql.type}`,
    `($id: ID!, ${pageVariables(target.graphql.type)}) { r: ${graphql.one}(id: $id) { id ${name}(${pageArguments}) ${page(selection)} } }`,
  )

/** The record that a link to one leads to. */
export const readLinkedOne = (catalog: Catalog, { module: { graphql }, name }: Link, selection: string) =>
  operation(
    catalog,
    'query',
    `V81LinkedOne${graphql.type}`,
    `($id: ID!) { r: ${graphql.one}(id: $id) { id ${name} { ${selection} } } }`,
  )

export const create = (catalog: Catalog, { graphql: { type } }: Module, selection: string) =>
  operation(
    catalog,
    'mutation',
    `V81Create${type}`,
    `($input: ${type}Input!) { r: create${type}(input: $input) { ${selection} } }`,
  )

export const update = (catalog: Catalog, { graphql: { type } }: Module, selection: string) =>
  operation(
    catalog,
    'mutation',
    `V81Update${type}`,
    `($id: ID!, $input: ${type}Input!, $version: Int) { r: update${type}(id: $id, input: $input, expectedVersion: $version) { ${selection} } }`,
  )

export const remove = (catalog: Catalog, { graphql: { type } }: Module) =>
  operation(
    catalog,
    'mutation',
    `V81Delete${type}`,
    `($id: ID!, $version: Int) { r: delete${type}(id: $id, expectedVersion: $version) { id } }`,
  )

export const relate = (catalog: Catalog, module: Module) => relation(catalog, module, 'relate')
export const unrelate = (catalog: Catalog, module: Module) => relation(catalog, module, 'unrelate')

const relation = (catalog: Catalog, { graphql: { type } }: Module, verb: 'relate' | 'unrelate') =>
  operation(
    catalog,
    'mutation',
    `V81${verb === 'relate' ? 'Relate' : 'Unrelate'}${type}`,
    `($id: ID!, $link: ${type}Link!, $relatedIds: [ID!]!, $version: Int) { r: ${verb}${type}(id: $id, link: $link, relatedIds: $relatedIds, expectedVersion: $version) { id } }`,
  )

const jobFields =
  'id kind status module total done created updated unchanged failed bytes file error { code message } createdAt startedAt finishedAt'

export const startBulk = (catalog: Catalog) =>
  operation(
    catalog,
    'mutation',
    'V81StartBulk',
    `($module: String!, $rows: [JSON!]!, $matchBy: String, $system: String, $validation: Validation) { r: startBulkUpsert(module: $module, rows: $rows, matchBy: $matchBy, system: $system, validation: $validation) { ${jobFields} } }`,
  )

export const readJob = (catalog: Catalog) =>
  operation(catalog, 'query', 'V81ReadJob', `($id: ID!) { r: job(id: $id) { ${jobFields} } }`)

export const listJobs = (catalog: Catalog) =>
  operation(catalog, 'query', 'V81ListJobs', `($first: Int) { r: jobs(first: $first) { ${jobFields} } }`)

export const cancelJob = (catalog: Catalog) =>
  operation(catalog, 'mutation', 'V81CancelJob', `($id: ID!) { r: cancelJob(id: $id) { ${jobFields} } }`)

export const readJobResults = (catalog: Catalog) =>
  operation(
    catalog,
    'query',
    'V81ReadJobResults',
    '($id: ID!, $first: Int, $after: Int, $outcome: RowOutcome) { r: job(id: $id) { results(first: $first, after: $after, outcome: $outcome) { nodes { row outcome recordId code message pointer } hasNextPage endCursor } } }',
  )

export const startExport = (catalog: Catalog) =>
  operation(
    catalog,
    'mutation',
    'V81StartExport',
    `($module: String!, $fields: [String!], $filter: JSON, $sort: [String!], $format: ExportFormat, $formulaGuard: Boolean, $byteOrderMark: Boolean) { r: startExport(module: $module, fields: $fields, filter: $filter, sort: $sort, format: $format, formulaGuard: $formulaGuard, byteOrderMark: $byteOrderMark) { ${jobFields} } }`,
  )
