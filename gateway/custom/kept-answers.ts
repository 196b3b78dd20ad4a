import { LRUCache } from 'lru-cache'
import { canonicalJson } from '../../drizzle/canonical-json.ts'
import type { Answer } from '../../rest-compat/v8/answer.ts'
import type { Access } from '../../schema/access.ts'
import type { Principal } from '../../schema/principal.ts'
import type { Given } from '../../subgraphs/ops/endpoints/bind.ts'
import type { Graph } from '../supergraph/graph.ts'
import type { Stored } from './routes.ts'

/** Answers of endpoints that are kept for a while. */
export type KeptAnswers = {
  get(call: Call): Answer | undefined
  set(call: Call, answer: Answer): void
}

type Call = {
  readonly graph: Graph
  readonly stored: Stored
  readonly given: Given
  readonly principal: Principal
  readonly access: Access
}

const charactersMax = 16_000_000

/**
 * Keeps answers in this process. Each belongs to one user through one API client or key, with the scopes and roles of that
 * moment, so nobody is given what was made for somebody else, or for the same person with other rights.
 */
export function keepAnswers(): KeptAnswers {
  const byGraph = new WeakMap<Graph, LRUCache<string, Answer>>()
  const of = (graph: Graph) => {
    let kept = byGraph.get(graph)
    if (!kept) {
      const sizeCalculation = ({ body }: Answer, key: string) => String(body).length + key.length
      byGraph.set(graph, (kept = new LRUCache({ maxSize: charactersMax, sizeCalculation })))
    }
    return kept
  }
  return {
    get: call => of(call.graph).get(keyOf(call)),
    set: (call, answer) =>
      void of(call.graph).set(keyOf(call), answer, { ttl: call.stored.declaration.cacheSeconds * 1000 }),
  }
}

const keyOf = ({ stored, given, principal, access }: Call) => {
  const { userId, clientId, keyId, scopes, isAdmin } = principal
  const { path, query } = given
  return canonicalJson([stored.id, stored.version, path, query, userId, clientId, keyId, scopes, isAdmin, access.shape])
}
