import { createHash } from 'node:crypto'
import type { Context } from '../../drizzle/context.ts'
import type { Answer } from '../../rest-compat/v8/answer.ts'
import { problem, Problem } from '../../rest-compat/v8_1/problem.ts'
import { faultOf, retryAfter } from '../../rest-compat/v8_1/run.ts'
import { insufficientScope } from '../../schema/insufficient-scope.ts'
import type { Principal } from '../../schema/principal.ts'
import { covers } from '../../schema/scopes.ts'
import { variablesOf, type Given } from '../../subgraphs/ops/endpoints/bind.ts'
import type { Compiled } from '../../subgraphs/ops/endpoints/compile.ts'
import { isSafe, type Declaration } from '../../subgraphs/ops/endpoints/declaration.ts'
import { pointedAt } from '../../subgraphs/ops/endpoints/pointer.ts'
import { shaped } from '../../subgraphs/ops/endpoints/shape.ts'
import { priceOfText } from '../limits/price.ts'
import type { Visit } from '../limits/visit.ts'
import type { Graph } from '../supergraph/graph.ts'

/**
 * Runs the operation of an endpoint with the caller's rights, and answers its shape.
 *
 * @throws Problem     what the graph refused; NOT_FOUND where it has nothing; BAD_REQUEST when it may cost too much
 * @throws HouseError  RATE_LIMITED
 */
export async function callEndpoint(
  graph: Graph,
  visit: Pick<Visit, 'run'>,
  ctx: Context,
  { declaration, compiled, given }: { declaration: Declaration; compiled: Compiled; given: Given },
): Promise<unknown> {
  const { operation, bindings } = compiled
  const variables = variablesOf(bindings, given)
  const price = priceOfText(graph.api, operation)
  const cost = price.asked(variables)
  const { costMax } = declaration
  if (cost > costMax) {
    const detail = `This may cost ${cost} points, and the endpoint allows ${costMax}: ask for less at once`
    throw new Problem([{ code: 'BAD_REQUEST', detail, meta: { cost, costMax } }])
  }
  const { data, errors = [] } = await visit.run(price, variables, () => graph.runPrepared(operation, variables, ctx))
  const [first, ...rest] = errors.map(error => faultOf(error, () => undefined))
  if (first) throw new Problem([first, ...rest], retryAfter(first))
  if (declaration.notFound !== undefined && pointedAt(data, declaration.notFound) === null)
    throw problem('NOT_FOUND', 'There is nothing at this address that you may see')
  return shaped(data, declaration.output)
}

/** @throws HouseError  FORBIDDEN: the token lacks a scope that the endpoint demands besides those of its operation */
export function demandScopes({ scopes: needed }: Declaration, { scopes }: Principal): void {
  const missing = needed.filter(scope => !covers(scopes, scope))
  if (missing.length > 0) throw insufficientScope(missing)
}

/** The answer to a call that succeeded. Answers differ by caller, so no cache on the way keeps them for others. */
export function answerOf(declaration: Declaration, value: unknown): Answer {
  const { status, cacheSeconds } = declaration
  const body = status === 204 ? '' : JSON.stringify(value)
  const headers = { 'content-type': 'application/json; charset=utf-8', vary: 'Authorization, X-Api-Key' }
  if (!isSafe(declaration)) return { status, headers: { ...headers, 'cache-control': 'no-store' }, body }
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
  const keep = cacheSeconds > 0 ? `max-age=${cacheSeconds}` : 'no-cache'
  return { status, headers: { ...headers, etag, 'cache-control': `private, ${keep}` }, body }
}

/**
 * The same without a body, for who has it already.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
export function unlessKnown(answer: Answer, ifNoneMatch: string | undefined): Answer {
  const { etag } = answer.headers
  if (etag === undefined || ifNoneMatch === undefined) return answer
  const known = ifNoneMatch.split(',').map(tag => tag.trim().replace(/^W\//, ''))
  if (!known.includes(etag) && !known.includes('*')) return answer
  const { 'content-type': _, ...headers } = answer.headers
  return { status: 304, headers, body: '' }
}
