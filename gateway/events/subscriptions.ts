import {
  getOperationAST,
  GraphQLError,
  Kind,
  parse,
  validate,
  visit,
  type DocumentNode,
  type OperationDefinitionNode,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Principal } from '../../schema/principal.ts'
import { contextFor } from '../context.ts'
import type { DoorDeps } from '../doors.ts'
import { maskThrown } from '../error-mask.ts'
import { measure } from '../graphql-limits.ts'
import { priceOf } from '../limits/price.ts'
import type { Graph } from '../supergraph/graph.ts'
import type { PublicError, SubgraphResponse } from '../supergraph/subgraph.ts'
import { isStream } from '../supergraph/subscribe.ts'
import { shareStreams, type Share } from './broadcast.ts'

/** A GraphQL request as it comes in, over whatever. */
export type Asked = z.infer<typeof askedSchema>

export const askedSchema = z.object({
  query: z.string().nullish(),
  documentId: z.string().nullish(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
})

export type Subscribing = { readonly principal: Principal; readonly requestId: string; readonly signal: AbortSignal }

/** A subscription, or why there is none. */
export type Opened =
  | { readonly kind: 'open'; readonly answers: Share<SubgraphResponse>; readonly name: string }
  | { readonly kind: 'refused'; readonly errors: readonly PublicError[] }

export type Subscriptions = {
  open(asked: Asked, by: Subscribing): Promise<Opened>
  /** That are run; those who ask the same share one. */
  readonly running: number
}

type Deps = Pick<DoorDeps, 'graphs' | 'house' | 'documents' | 'limits' | 'streams' | 'report'>

/** Answers that wait for one client. Who is further behind begins anew. */
const waitingMax = 500
const tooSlow: SubgraphResponse = {
  errors: [
    {
      message: 'You read too slowly, and events were left out: subscribe again behind the last cursor that you have',
      extensions: { code: 'RESYNC' },
    },
  ],
}

/**
 * GraphQL subscriptions for any transport: documents are held to the same limits and registers as at /graphql, charged
 * once when they begin, and run once for all who ask the same with the same rights.
 */
export function createSubscriptions({ graphs, house, documents, limits, streams, report }: Deps): Subscriptions {
  const shared = shareStreams<SubgraphResponse>({ waitingMax, tooSlow })
  const readers = new WeakMap<Graph, (text: string) => Read>()

  function read(graph: Graph, text: string): Read {
    let reader = readers.get(graph)
    if (!reader) readers.set(graph, (reader = readerOf(graph)))
    return reader(text)
  }

  async function textOf({ query, documentId }: Asked, { clientId, keyId }: Principal): Promise<string> {
    const client = keyId ?? clientId ?? ''
    if (documentId) {
      if (query) throw refused('BAD_REQUEST', 'Send a query or a documentId, not both')
      const found = await documents.find(client, documentId)
      if (found === undefined)
        throw refused('DOCUMENT_NOT_FOUND', 'No document of this id is registered for this client')
      return found
    }
    if (!query) throw refused('BAD_REQUEST', 'Send a query')
    if (documents.policy === 'only' && !(await documents.has(client, query))) {
      throw refused('DOCUMENT_NOT_TRUSTED', 'Only registered documents are run here: send the documentId of one')
    }
    return query
  }

  async function begin(asked: Asked, { principal, requestId, signal }: Subscribing): Promise<Opened> {
    const graph = graphs.current
    const text = await textOf(asked, principal)
    const known = read(graph, text)
    if (known.kind === 'refused') return { kind: 'refused', errors: known.errors.map(publicError) }
    const { document } = known
    const operationName = asked.operationName ?? undefined
    const operation = getOperationAST(document, operationName)
    if (!operation) throw refused('BAD_REQUEST', 'There is no operation of that name, or several and no name')
    if (operation.operation !== 'subscription') {
      throw refused('BAD_REQUEST', 'Only subscriptions are run here: send queries and mutations to /graphql by POST')
    }
    const variables = asked.variables ?? {}
    await limits.charge(principal, priceOf(graph.api, document, operationName).asked(variables))
    streams.enter(principal, signal)
    const { userId, isAdmin, clientId, keyId, scopes } = principal
    const rights = [userId, isAdmin, clientId, keyId, scopes]
    const key = JSON.stringify([graph.catalog.version, text, operationName, variables, rights])
    const answers = await shared.join(
      beginsAtCursor(document, operation, variables) ? `${key} ${crypto.randomUUID()}` : key,
      async stop => {
        const caller = { principal, requestId, door: 'graphql', validation: 'strict' } as const
        const renew = () => contextFor({ ...house, catalog: graph.catalog }, caller)
        const ctx = { ...(await renew()), renew, signal: stop }
        return graph.subscribe({ document, operationName, variables }, ctx)
      },
      isStream,
      signal,
    )
    if ('errors' in answers || !(Symbol.asyncIterator in answers)) {
      return { kind: 'refused', errors: answers.errors ?? [] }
    }
    return { kind: 'open', answers, name: operation.name?.value ?? '' }
  }

  return {
    get running() {
      return shared.open
    },
    async open(asked, by) {
      try {
        return await begin(asked, by)
      } catch (thrown) {
        if (thrown instanceof GraphQLError) return { kind: 'refused', errors: [publicError(thrown)] }
        const { message, extensions } = maskThrown(thrown, by, report)
        return { kind: 'refused', errors: [{ message, extensions }] }
      }
    },
  }
}

type Read =
  | { readonly kind: 'valid'; readonly document: DocumentNode }
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLError[] }

const rememberedChars = 2_000_000

/** Reads documents for a graph: measured before they are validated, and known again by their text. */
function readerOf({ api }: Graph): (text: string) => Read {
  const known = new LRUCache<string, Read>({ maxSize: rememberedChars, sizeCalculation: (_, text) => text.length + 1 })
  const readAnew = (text: string): Read => {
    const measured = measure(text)
    if (measured.kind === 'refused') return measured
    try {
      const document = measured.kind === 'fits' ? measured.document : parse(text)
      const errors = validate(api, document, undefined, { maxErrors: 5 })
      return errors.length > 0 ? { kind: 'refused', errors } : { kind: 'valid', document }
    } catch (error) {
      if (error instanceof GraphQLError) return { kind: 'refused', errors: [error] }
      throw error
    }
  }
  return text => {
    let read = known.get(text)
    if (!read) known.set(text, (read = readAnew(text)))
    return read
  }
}

/** Who goes on behind a cursor has a past of its own; who begins now has what all have that begin now. */
function beginsAtCursor(
  document: DocumentNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  const preset = variableDefinitions.filter(each => each.defaultValue).map(each => each.variable.name.value)
  let isGiven = false
  visit(document, {
    Argument({ name, value }) {
      if (name.value !== 'cursor' || value.kind === Kind.NULL) return
      if (value.kind !== Kind.VARIABLE) isGiven = true
      else if (variables[value.name.value] != null || preset.includes(value.name.value)) isGiven = true
    },
  })
  return isGiven
}

const refused = (code: string, message: string) => new GraphQLError(message, { extensions: { code } })

const publicError = ({ message, extensions }: GraphQLError): PublicError => {
  const { code = 'GRAPHQL_VALIDATION_FAILED' } = extensions
  return { message, extensions: { ...extensions, code: String(code) } }
}
