import { parse, type DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Context } from '../../drizzle/context.ts'
import { maskError, type Report } from '../error-mask.ts'
import { mayBeDenied } from '../policy/denied.ts'
import type { Preflight } from '../policy/preflight.ts'
import type { UsedBy } from '../used.ts'
import { compiledPlan } from './compiled-plan.ts'
import { introspection } from './introspection.ts'
import { withoutLiterals } from './literals.ts'
import { UnknownPlan } from './steps.ts'
import type { stockPlan } from './stock-plan.ts'
import type { Subgraph, SubgraphResponse } from './subgraph.ts'
import type { PlannedSupergraph } from './supergraph.ts'
import type { Variables } from './variables.ts'

/** A document that is valid against the API schema, and what one request gives for it. */
export type Request = {
  readonly document: DocumentNode
  readonly operationName?: string
  readonly variables?: Variables
}

/** Runs operations on the supergraph. Plans are kept as long as their document lives. */
export type Executor = {
  execute(request: Request, ctx: Context): Promise<SubgraphResponse>
}

/** An operation that is planned and ready to run. */
export type RunPlan = (variables: Variables | undefined, ctx: Context) => Promise<SubgraphResponse>

/**
 * How an operation is run.
 *
 * - `sole`: one subgraph answers all of it. It gets the client's own document, and what it answers is the answer.
 * - `compiled`: several take part, and our functions join what they answer.
 * - `schema`: asks for nothing but types and fields, which the gateway knows.
 * - `stock`: the same as compiled by @apollo/gateway's executor, for plans that ours cannot do.
 */
export type RunKind = 'sole' | 'compiled' | 'schema' | 'stock'

type Planned = { readonly kind: RunKind; readonly run: RunPlan }

/** A document of a client: the operation that it stands for, and what the client has written into it. */
type Prepared = { readonly planned: Planned; readonly values: Variables | undefined }

/** Characters of text; a plan and its subgraphs' documents take some fifty times as much. */
const planTextMax = 2_000_000

type Options = {
  /** Refuses operations before they are planned. */
  readonly preflight?: Preflight
  /** Is told of answers that refuse something, or have nothing of what was asked for. */
  readonly onDenied?: (request: Request, ctx: Context, answer: SubgraphResponse) => void
  /** Finds out what the Context of an operation that was answered is told it uses. */
  readonly usedBy?: UsedBy
  /** Is told how each operation is run. */
  readonly onRun?: (kind: RunKind) => void
}

export function makeExecutor(
  supergraph: PlannedSupergraph,
  subgraphs: ReadonlyMap<string, Subgraph>,
  report: Report,
  { preflight = () => undefined, onDenied, usedBy, onRun }: Options = {},
): Executor {
  const prepared = new WeakMap<DocumentNode, Map<string, Prepared | Promise<Prepared>>>()
  const plans = new LRUCache<string, Promise<Planned>>({
    maxSize: planTextMax,
    sizeCalculation: (_, text) => text.length + 1,
  })

  /** At once for an operation that was planned before. */
  function preparedFor(document: DocumentNode, operationName: string | undefined): Prepared | Promise<Prepared> {
    let byName = prepared.get(document)
    if (!byName) prepared.set(document, (byName = new Map()))
    const key = operationName ?? ''
    const found = byName.get(key)
    if (found) return found
    const preparing = prepare(document, operationName)
    byName.set(key, preparing)
    preparing.then(
      made => byName.set(key, made),
      () => byName.delete(key),
    )
    return preparing
  }

  async function prepare(document: DocumentNode, operationName: string | undefined): Promise<Prepared> {
    const { text, values } = withoutLiterals(supergraph.api, document, operationName)
    let planning = plans.get(text)
    if (!planning) {
      plans.set(text, (planning = makePlan(text, operationName)))
      planning.catch(() => plans.delete(text))
    }
    return { planned: await planning, values }
  }

  async function makePlan(text: string, operationName: string | undefined): Promise<Planned> {
    const document = parse(text, { noLocation: true })
    const ofSchema = introspection(supergraph.api, document)
    if (ofSchema) return { kind: 'schema', run: ofSchema }
    const { plan, sole } = await supergraph.plan(text, operationName)
    const subgraph = sole === undefined ? undefined : subgraphs.get(sole)
    if (subgraph) {
      return { kind: 'sole', run: (variables, ctx) => subgraph.execute({ text, operationName, variables }, ctx) }
    }
    const planned = { plan, document, operationName }
    try {
      return { kind: 'compiled', run: compiledPlan(supergraph, subgraphs, planned) }
    } catch (error) {
      if (!(error instanceof UnknownPlan)) throw error
      return { kind: 'stock', run: await stockRun(supergraph, subgraphs, report, planned) }
    }
  }

  async function run({ document, operationName, variables }: Request, ctx: Context): Promise<SubgraphResponse> {
    try {
      const refused = preflight(document, operationName, ctx.principal)
      if (refused) return { errors: [{ message: refused.message, extensions: refused.extensions }] }
      const known = preparedFor(document, operationName)
      const { planned, values } = known instanceof Promise ? await known : known
      onRun?.(planned.kind)
      return await planned.run(values ? { ...variables, ...values } : variables, ctx)
    } catch (thrown) {
      return { data: null, errors: [maskError(thrown, ctx, report)] }
    }
  }

  return {
    async execute(request, ctx) {
      const answer = await run(request, ctx)
      if (usedBy && answer.data) ctx.uses?.add(usedBy(request.document, request.operationName, request.variables))
      if (onDenied && mayBeDenied(answer)) onDenied(request, ctx, answer)
      return answer
    },
  }
}

/** Loaded when it is needed: it brings the whole of @apollo/gateway. */
export async function stockRun(...given: Parameters<typeof stockPlan>): Promise<RunPlan> {
  const { stockPlan } = await import('./stock-plan.ts')
  return stockPlan(...given)
}
