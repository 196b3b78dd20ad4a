import type { Catalog } from '../../schema/catalog.ts'
import type { Module } from '../../schema/module.ts'
import { prepared, type Operation } from '../operation.ts'

// Every operation names its root field `r` (`s` where there are two), so handlers need not know GraphQL names.

/** Reads one record; `$deleted` decides whether deleted ones count. */
export const readOne = (catalog: Catalog, { graphql: { one, type } }: Module, fields: readonly string[]): Operation =>
  prepared(catalog, `v8 one ${type} ${fields.join()}`, () => ({
    name: `V8Read${type}`,
    text: `query V8Read${type}($id: ID!, $deleted: Deletion = EXCLUDE) { r: ${one}(id: $id, deleted: $deleted) { ${fields.join(' ')} } }`,
  }))

/** Reads a stretch of a module's records, counted when `counted`. */
export const readMany = (
  catalog: Catalog,
  { graphql: { many, type } }: Module,
  fields: readonly string[],
  counted: boolean,
) =>
  prepared(catalog, `v8 many ${type} ${counted} ${fields.join()}`, () => ({
    name: `V8List${type}`,
    text:
      `query V8List${type}($filter: ${type}Filter, $sort: [${type}Sort!], $first: Int, $offset: Int, $deleted: Deletion = EXCLUDE) ` +
      `{ r: ${many}(filter: $filter, sort: $sort, first: $first, offset: $offset, deleted: $deleted) ` +
      `{ nodes { ${fields.join(' ')} }${countSelection(counted)} } }`,
  }))

/** Reads a stretch of the records that a link leads to. */
export const readLinked = (
  catalog: Catalog,
  source: Module,
  link: string,
  target: Module,
  fields: readonly string[],
  counted: boolean,
) =>
  prepared(catalog, `v8 linked ${source.graphql.type} ${link} ${counted} ${fields.join()}`, () => ({
    name: `V8Linked${source.graphql.type}`,
    text:
      `query V8Linked${source.graphql.type}($id: ID!, $filter: ${target.graphql.type}Filter, $sort: [${target.graphql.type}Sort!], $first: Int, $offset: Int) ` +
      `{ r: ${source.graphql.one}(id: $id) { id ${link}(filter: $filter, sort: $sort, first: $first, offset: $offset) ` +
      `{ nodes { ${fields.join(' ')} }${countSelection(counted)} } } }`,
  }))

/** Which record a link to one leads to. */
export const readLinkedOne = (catalog: Catalog, { graphql: { one, type } }: Module, link: string) =>
  prepared(catalog, `v8 linked one ${type} ${link}`, () => ({
    name: `V8LinkedOne${type}`,
    text: `query V8LinkedOne${type}($id: ID!) { r: ${one}(id: $id) { id ${link} { id } } }`,
  }))

// SuiteCRM counts everything, however long it takes; so the count is bounded by what an Int can hold.
const countSelection = (counted: boolean) => (counted ? ' totalCount(upTo: 2147483647)' : '')

/** Reads two records, of the same module or of two. */
export const readTwo = (
  catalog: Catalog,
  a: Module,
  aFields: readonly string[],
  b: Module,
  bFields: readonly string[],
) =>
  prepared(catalog, `v8 two ${a.graphql.type} ${b.graphql.type} ${aFields.join()} ${bFields.join()}`, () => ({
    name: `V8ReadTwo`,
    text:
      `query V8ReadTwo($a: ID!, $b: ID!) ` +
      `{ r: ${a.graphql.one}(id: $a) { ${aFields.join(' ')} } s: ${b.graphql.one}(id: $b) { ${bFields.join(' ')} } }`,
  }))

export const create = (catalog: Catalog, { graphql: { type } }: Module, fields: readonly string[]) =>
  prepared(catalog, `v8 create ${type} ${fields.join()}`, () => ({
    name: `V8Create${type}`,
    text: `mutation V8Create${type}($input: ${type}Input!) { r: create${type}(input: $input) { ${fields.join(' ')} } }`,
  }))

export const update = (catalog: Catalog, { graphql: { type } }: Module, fields: readonly string[]) =>
  prepared(catalog, `v8 update ${type} ${fields.join()}`, () => ({
    name: `V8Update${type}`,
    text: `mutation V8Update${type}($id: ID!, $input: ${type}Input!) { r: update${type}(id: $id, input: $input) { ${fields.join(' ')} } }`,
  }))

export const remove = (catalog: Catalog, { graphql: { type } }: Module) =>
  prepared(catalog, `v8 delete ${type}`, () => ({
    name: `V8Delete${type}`,
    text: `mutation V8Delete${type}($id: ID!) { r: delete${type}(id: $id) { id } }`,
  }))

export const relate = (catalog: Catalog, { graphql: { type } }: Module) =>
  prepared(catalog, `v8 relate ${type}`, () => ({
    name: `V8Relate${type}`,
    text: `mutation V8Relate${type}($id: ID!, $link: ${type}Link!, $relatedIds: [ID!]!) { r: relate${type}(id: $id, link: $link, relatedIds: $relatedIds) { id } }`,
  }))

export const unrelate = (catalog: Catalog, { graphql: { type } }: Module) =>
  prepared(catalog, `v8 unrelate ${type}`, () => ({
    name: `V8Unrelate${type}`,
    text: `mutation V8Unrelate${type}($id: ID!, $link: ${type}Link!, $relatedIds: [ID!]!) { r: unrelate${type}(id: $id, link: $link, relatedIds: $relatedIds) { id } }`,
  }))

export const preferences = (catalog: Catalog) =>
  prepared(catalog, 'v8 preferences', () => ({
    name: 'V8Preferences',
    text: 'query V8Preferences($id: ID!) { r: userPreferences(userId: $id) }',
  }))

/** May the principal use the module at all? */
export const moduleAccess = (catalog: Catalog) =>
  prepared(catalog, 'v8 access', () => ({
    name: 'V8ModuleAccess',
    text: 'query V8ModuleAccess($module: String!) { r: moduleAccess(module: $module) { access } }',
  }))
