import type { Catalog } from '../../schema/catalog.ts'
import { wordsFor } from '../../schema/deprecation.ts'
import { derivationOf } from '../../schema/derive.ts'
import { isLink, isStored, type Field } from '../../schema/field.ts'
import { scalarOf, type Scalar } from '../../schema/graphql-types.ts'
import { holdsFile, isInput } from '../../schema/input.ts'
import { isMany } from '../../schema/link.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { jobsSdl } from './jobs/sdl.ts'

/** The SDL of the crm subgraph: what one installation's modules look like in GraphQL. */
export const crmSdl = (catalog: Catalog): string =>
  [preamble, jobsSdl, ...catalog.modules.map(m => moduleSdl(catalog, m))].join('\n')

/** The fields of a module that the graph answers: columns and derived fields, secrets left out. */
export const readableFields = (catalog: Catalog, module: Module): readonly (readonly [string, Field])[] =>
  Object.entries(module.fields).filter(
    ([name, field]) =>
      !isLink(field) && !field.sensitive && (isStored(field) || derivationOf(catalog, module, name) !== undefined),
  )

const preamble = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])

  "A moment in UTC, in whole seconds: \`2030-03-04T10:30:00Z\`. Offsets are understood on input."
  scalar DateTime
  "A day: \`2030-03-04\`."
  scalar Date
  "A time of day: \`10:30:00\`."
  scalar Time
  "An exact decimal number as text, with the places it is stored with: \`1234.500000\`. Numbers are understood on input."
  scalar Decimal
  "Any JSON value."
  scalar JSON

  "Which records are seen: live ones, all, or only deleted ones."
  enum Deletion {
    EXCLUDE
    INCLUDE
    ONLY
  }
  enum Direction {
    ASC
    DESC
  }

  type PageInfo @shareable {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }

  "A file that was uploaded."
  type StoredFile {
    filename: String!
    mimeType: String!
    "In bytes."
    size: Int!
    "Base64."
    contents: String!
  }

  "A record that you looked at."
  type RecentView {
    id: Int!
    item_id: ID!
    item_summary: String
    module_name: String!
    monitor_id: ID!
    date_modified: DateTime!
  }

  "A record that is now deleted."
  type DeletedRecord {
    id: ID!
  }
  "Records that are now related, or no longer."
  type Relation {
    id: ID!
    relatedIds: [ID!]!
  }

  "Conditions on text, which compares without case. All that are given must hold. An empty (null) field meets none but \`null: true\`."
  input StringFilter {
    eq: String
    neq: String
    gt: String
    gte: String
    lt: String
    lte: String
    "\`%\` is any text, \`_\` any character, \`\\\\\` takes the next one as it is."
    like: String
    in: [String!]
    null: Boolean
  }
  input IDFilter {
    eq: ID
    neq: ID
    gt: ID
    gte: ID
    lt: ID
    lte: ID
    like: String
    in: [ID!]
    null: Boolean
  }
  input BooleanFilter {
    eq: Boolean
    neq: Boolean
    in: [Boolean!]
    null: Boolean
  }
  input IntFilter {
    eq: Int
    neq: Int
    gt: Int
    gte: Int
    lt: Int
    lte: Int
    like: String
    in: [Int!]
    null: Boolean
  }
  input FloatFilter {
    eq: Float
    neq: Float
    gt: Float
    gte: Float
    lt: Float
    lte: Float
    like: String
    in: [Float!]
    null: Boolean
  }
  input DecimalFilter {
    eq: Decimal
    neq: Decimal
    gt: Decimal
    gte: Decimal
    lt: Decimal
    lte: Decimal
    like: String
    in: [Decimal!]
    null: Boolean
  }
  input DateFilter {
    eq: Date
    neq: Date
    gt: Date
    gte: Date
    lt: Date
    lte: Date
    like: String
    in: [Date!]
    null: Boolean
  }
  input DateTimeFilter {
    eq: DateTime
    neq: DateTime
    gt: DateTime
    gte: DateTime
    lt: DateTime
    lte: DateTime
    like: String
    in: [DateTime!]
    null: Boolean
  }
  input TimeFilter {
    eq: Time
    neq: Time
    gt: Time
    gte: Time
    lt: Time
    lte: Time
    like: String
    in: [Time!]
    null: Boolean
  }

  "A condition on the text that fields and literals make together, such as a first and a last name."
  input ConcatFilter {
    parts: [ConcatPart!]!
    eq: String
    neq: String
    gt: String
    gte: String
    lt: String
    lte: String
    like: String
    in: [String!]
  }
  "A field of the record, or a text."
  input ConcatPart {
    field: String
    text: String
  }

  "A module: one type of record."
  type ModuleInfo {
    "The name that every API uses, e.g. \`Accounts\`."
    name: String!
    label: String!
    "The GraphQL type."
    type: String!
    "The query field for one record."
    one: String!
    "The query field for many records."
    many: String!
    table: String!
    fields: [FieldInfo!]!
    links: [LinkInfo!]!
  }
  type FieldInfo {
    name: String!
    label: String
    kind: String!
    "The GraphQL scalar, absent where the graph has no such field."
    type: String
    required: Boolean!
    "At most this many characters."
    length: Int
    readOnly: Boolean!
    custom: Boolean!
    comment: String
    options: [Option!]
  }
  type LinkInfo {
    name: String!
    label: String
    module: String!
    many: Boolean!
    relationship: String!
  }
  type Option {
    key: String!
    label: String!
  }
  type OptionList {
    name: String!
    options: [Option!]!
  }

  type Query {
    "The modules of this installation with their fields and links."
    modules: [ModuleInfo!]!
    module(name: String!): ModuleInfo
    "Every list that option fields choose from."
    optionLists: [OptionList!]!
    optionList(name: String!): OptionList
    "The records that you looked at last, newest first."
    recentViews(module: String): [RecentView!]!
  }
  type Mutation {
    "Remembers that you looked at a record. \`action\` is what SuiteCRM calls it: detailview, editview."
    trackView(module: String!, id: ID!, action: String = "detailview"): Boolean!
    "Logs that a campaign was sent to rows of target lists outside of the CRM, by mail merge; answers how many there were."
    logCampaignMerge(campaignId: ID!, targetIds: [ID!]!): Int!
  }
`

function moduleSdl(catalog: Catalog, module: Module): string {
  const { type, one, many } = module.graphql
  const fields = readableFields(catalog, module)
  const links = [...catalog.links(module).values()]
  const scalar = (name: string) => scalarOf(catalog, module, name)
  const page = `filter: ${type}Filter, sort: [${type}Sort!], first: Int = 20, after: String, offset: Int, deleted: Deletion = EXCLUDE`

  return `
${text(`${module.label}: a record of the module ${module.name}.`)}
type ${type} @key(fields: "id") {
${fields.map(([name, field]) => `  ${describe(field)}${name}: ${name === 'id' ? 'ID!' : scalar(name)}${deprecated(field)}`).join('\n')}
  "Counts the changes of the record; give it back as \`expectedVersion\` to change only what you have seen."
  record_version: Int!
${holdsFile(module) ? '  "The uploaded file."\n  file: StoredFile' : ''}
${links.map(link => `  ${describe(module.fields[link.name])}${isMany(link) ? `${link.name}(${pageOf(link.target)}): ${link.target.graphql.type}Connection!` : `${link.name}: ${link.target.graphql.type}`}${deprecated(module.fields[link.name])}`).join('\n')}
}
type ${type}Connection { nodes: [${type}!]! edges: [${type}Edge!]! pageInfo: PageInfo! "Counts no further than \`upTo\`." totalCount(upTo: Int = 10000): Int! }
type ${type}Edge { node: ${type}! cursor: String! "What belongs to the pair where records are joined over a table of their own: a contact's role, whether an invitation was accepted." link: JSON }
enum ${type}SortField { ${fields.map(([name, field]) => `${name}${deprecated(field)}`).join(' ')} }
input ${type}Sort { field: ${type}SortField! direction: Direction = ASC }
input ${type}Filter {
  and: [${type}Filter!] or: [${type}Filter!] not: ${type}Filter concat: [ConcatFilter!]
${fields
  .filter(([name]) => !reserved.has(name))
  .map(([name, field]) => `  ${name}: ${filterOf(scalar(name))}${deprecated(field)}`)
  .join('\n')}
}
input ${type}Input {
${Object.entries(module.fields)
  .filter(([name]) => isInput(catalog, module, name))
  .map(([name, field]) => `  ${describe(field)}${name}: ${scalar(name)}${deprecated(field)}`)
  .join('\n')}
${holdsFile(module) && !fieldOf(module, 'filecontents') ? '  "The file, base64."\n  filecontents: String' : ''}
}
${links.length > 0 ? `enum ${type}Link { ${links.map(link => `${link.name}${deprecated(module.fields[link.name])}`).join(' ')} }` : ''}
extend type Query {
  ${one}(id: ID!, deleted: Deletion = EXCLUDE): ${type}
  ${many}(${page}): ${type}Connection!
}
extend type Mutation {
  "Makes a record. \`input.id\` may choose its id."
  create${type}(input: ${type}Input!): ${type}!
  "Changes the fields that are given. Refused with CONFLICT when the record is no longer at \`expectedVersion\`."
  update${type}(id: ID!, input: ${type}Input!, expectedVersion: Int): ${type}!
  delete${type}(id: ID!, expectedVersion: Int): DeletedRecord!
${
  links.length > 0
    ? `  "Relates records over a link; \`values\` go to the pair where the link has a table of its own. Repeating it changes nothing but those."
  relate${type}(id: ID!, link: ${type}Link!, relatedIds: [ID!]!, values: JSON, expectedVersion: Int): Relation!
  unrelate${type}(id: ID!, link: ${type}Link!, relatedIds: [ID!]!, expectedVersion: Int): Relation!`
    : ''
}
}`
}

/** Field names that a filter uses for itself. */
const reserved = new Set(['and', 'or', 'not', 'concat'])

const pageOf = (target: Module) =>
  `filter: ${target.graphql.type}Filter, sort: [${target.graphql.type}Sort!], first: Int = 20, after: String, offset: Int, deleted: Deletion = EXCLUDE`

const filterOf = (scalar: Scalar) => `${scalar}Filter`

const text = (description: string) => JSON.stringify(description)

const deprecated = (field: Field | undefined) =>
  field?.deprecated ? ` @deprecated(reason: ${text(wordsFor(field.deprecated))})` : ''

/** A field's label and comment as its description; the options it is chosen from are named. */
function describe(field: Field | undefined): string {
  if (!field) return ''
  const label = field.label?.replace(/:$/, '')
  const sentences = [label, field.comment, field.options && `One of \`${field.options}\`.`].filter(Boolean)
  return sentences.length > 0 ? `${text(sentences.join('. ').replaceAll('..', '.'))} ` : ''
}
