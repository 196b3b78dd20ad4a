import { parse, type DocumentNode } from 'graphql'
import type { Catalog } from '../../schema/catalog.ts'
import type { Module } from '../../schema/module.ts'

/** The SDL of the events subgraph: what has happened, and for each module a subscription to it. */
export const eventsTypeDefs = (catalog: Catalog): DocumentNode => parse(eventsSdl(catalog))

/** The subscription to the changes of one module's records. */
export const changedField = ({ graphql }: Module) => `${graphql.one}Changed`

/** What it gives. */
export const changeType = ({ graphql }: Module) => `${graphql.type}Change`

const preamble = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])

  scalar DateTime
  scalar JSON

  "Something that has happened, mostly to a record."
  type RecordEvent {
    id: ID!
    "\`Accounts.updated\`: one of eventTypes."
    type: String!
    "Of the form that events of this type have."
    version: Int!
    time: DateTime!
    "What it happened to: a module, or something of the platform such as identity.client."
    module: String!
    recordId: ID!
    "Counts the events of the record, without gaps. Its creation is 1."
    sequence: Float!
    "The fields that have changed, those that you may see."
    changes: [ChangedField!]!
    "Of related and unrelated: the link, and the record at its other end."
    link: ChangedLink
    origin: EventOrigin!
    "The record has left your sight: you may not keep it, and will hear nothing more of it."
    leftSight: Boolean!
    "Where to go on behind this event, here and at /events."
    cursor: String!
  }
  "A field before and after. Of a new record \`old\` is null, of a deleted one \`new\` is."
  type ChangedField {
    field: String!
    old: JSON
    new: JSON
  }
  type ChangedLink {
    name: String!
    relationship: String!
    module: String!
    id: ID!
    "Of the pair, such as a contact's role."
    values: JSON
  }
  "Who did it, by what."
  type EventOrigin {
    userId: ID!
    clientId: ID
    keyId: ID
    connectionId: ID
    requestId: String!
    "graphql, v8, v4_1."
    door: String
  }
  "A kind of event."
  type EventType {
    "\`Accounts.updated\`"
    name: String!
    version: Int!
    "A module, or something of the platform such as identity.client."
    module: String!
    description: String!
    "JSON Schema (draft 2020-12) of the event as it is read at /events and sent by webhooks."
    schema: JSON!
    "Such an event as it could be."
    example: JSON!
  }
  type EventPage {
    events: [RecordEvent!]!
    "Where to go on, also when nothing was for you."
    cursor: String!
    hasMore: Boolean!
  }
  "An event, and its record as it is now; null when it is deleted or out of your sight."
  type RecordChange {
    event: RecordEvent!
    record: Record
  }

  type Query {
    "What has happened, behind a cursor: one of an event, now, or oldest."
    events(cursor: String, limit: Int = 100, modules: [String!], types: [String!], ids: [ID!]): EventPage!
    "What can happen, as far as you may hear of it. \`types\` are names, and patterns such as Accounts.* or *.deleted."
    eventTypes(types: [String!]): [EventType!]!
  }
  type Subscription {
    """
    What happens to the records of a module, from now on or behind a cursor. \`types\` are such as updated; \`filter\` is as
    in the module's list, and asked of the record as it is then.
    """
    recordChanged(module: String!, ids: [ID!], types: [String!], filter: JSON, cursor: String): RecordChange!
  }
`

function eventsSdl(catalog: Catalog): string {
  const union = `union Record = ${catalog.modules.map(({ graphql }) => graphql.type).join(' | ')}`
  return [preamble, union, ...catalog.modules.map(moduleSdl)].join('\n')
}

function moduleSdl(module: Module): string {
  const { type } = module.graphql
  return `
type ${type} @key(fields: "id", resolvable: false) {
  id: ID!
}
type ${changeType(module)} {
  event: RecordEvent!
  "As it is now; null when it is deleted or out of your sight."
  record: ${type}
}
extend type Subscription {
  "What happens to the module ${module.name}; see recordChanged."
  ${changedField(module)}(ids: [ID!], types: [String!], filter: JSON, cursor: String): ${changeType(module)}!
}`
}
