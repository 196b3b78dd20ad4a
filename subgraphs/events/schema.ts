import { buildSubgraphSchema } from '@apollo/subgraph'
import type { GraphQLSchema } from 'graphql'
import type { Context } from '../../drizzle/context.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { HouseError } from '../../schema/errors.ts'
import { exampleOf } from '../../schema/event-example.ts'
import { eventSchema, type EventType } from '../../schema/event-types.ts'
import type { Module } from '../../schema/module.ts'
import { recordChanges, type RecordChange, type Subscribing } from './changes.ts'
import type { RecordEvent } from './event.ts'
import { beginning, logOf, readFeed } from './feed.ts'
import { permitWanted } from './permit.ts'
import { changedField, eventsTypeDefs } from './sdl.ts'
import { listTypes } from './types.ts'

type PageArguments = {
  readonly cursor?: string | null
  readonly limit: number
  readonly modules?: readonly string[] | null
  readonly types?: readonly string[] | null
  readonly ids?: readonly string[] | null
}

/** The events subgraph of one installation. */
export function eventsSubgraph(catalog: Catalog): GraphQLSchema {
  const resolvers = {
    Record: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
    EventType: {
      module: ({ subject }: EventType) => subject,
      schema: eventSchema,
      example: exampleOf,
    },
    Query: {
      eventTypes: (_source: unknown, { types }: { readonly types?: readonly string[] | null }, ctx: Context) =>
        listTypes(ctx, types),
      events: async (_source: unknown, { cursor, limit, modules, types, ids }: PageArguments, ctx: Context) => {
        const wanted = { modules: modules ?? undefined, types: types ?? undefined, ids: ids ?? undefined }
        permitWanted(ctx, wanted)
        const from = await beginning(logOf(ctx), cursor ?? undefined)
        const page = await readFeed(ctx, from, wanted, limit)
        return { ...page, events: page.events.map(({ event, cursor }) => eventNode(event, cursor)) }
      },
    },
    Subscription: {
      recordChanged: {
        subscribe: (_source: unknown, { module, ...wanted }: Subscribing & { module: string }, ctx: Context) =>
          recordChanges(ctx, named(catalog, module), wanted),
        resolve: changeNode,
      },
      ...Object.fromEntries(
        catalog.modules.map(module => [
          changedField(module),
          {
            subscribe: (_source: unknown, wanted: Subscribing, ctx: Context) => recordChanges(ctx, module, wanted),
            resolve: changeNode,
          },
        ]),
      ),
    },
  }
  return buildSubgraphSchema([{ typeDefs: eventsTypeDefs(catalog), resolvers }])
}

function named(catalog: Catalog, name: string): Module {
  const module = catalog.byName.get(name)
  if (!module) throw new HouseError('BAD_REQUEST', `There is no module ${name}`, { argument: 'module' })
  return module
}

/** The record is only named: what of it is selected, its own subgraphs answer. */
function changeNode({ event, cursor, module }: RecordChange) {
  const isGone = event.leftSight === true || event.type.endsWith('.deleted')
  return {
    event: eventNode(event, cursor),
    record: isGone ? null : { __typename: module.graphql.type, id: event.record.id },
  }
}

const eventNode = ({ record, changes, leftSight, ...event }: RecordEvent, cursor: string) => ({
  ...event,
  module: record.module,
  recordId: record.id,
  changes: Object.entries(changes).map(([field, change]) => ({ field, ...change })),
  leftSight: leftSight === true,
  cursor,
})
