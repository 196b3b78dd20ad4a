import type { QueryPlan, SubscriptionNode } from '@apollo/query-planner'
import { parse, print, subscribe, type DocumentNode, type GraphQLSchema } from 'graphql'
import type { Context } from '../../drizzle/context.ts'
import { maskError, maskRequestError, type Report } from '../error-mask.ts'
import type { Preflight } from '../policy/preflight.ts'
import { compiledPlan } from './compiled-plan.ts'
import { stockRun, type Request, type RunPlan } from './execute.ts'
import { UnknownPlan } from './steps.ts'
import type { Subgraph, SubgraphResponse } from './subgraph.ts'
import type { PlannedSupergraph } from './supergraph.ts'
import { misfitsOf, operationIn } from './variables.ts'

/** What a subscription gives: answers without end, or the answer that says why there are none. */
export type Subscribed = AsyncGenerator<SubgraphResponse, void> | SubgraphResponse

/** Runs subscriptions on the supergraph. */
export type Subscriber = (request: Request, ctx: Context) => Promise<Subscribed>

export const isStream = (given: Subscribed): given is AsyncGenerator<SubgraphResponse, void> =>
  Symbol.asyncIterator in given

type Options = { readonly preflight: Preflight; readonly report: Report }

type Planned = {
  readonly document: DocumentNode
  readonly operationName: string | undefined
  /** Asks what other subgraphs know of an event; absent where there is nothing more to ask. */
  readonly complete?: (event: SubgraphResponse, ...run: Parameters<RunPlan>) => Promise<SubgraphResponse>
}

/** What the schema of the subgraph gives for one event. */
type Given = { readonly data?: object | null; readonly errors?: readonly Error[] }

/**
 * Subscriptions are declared by one subgraph, here in this process; its events are what a query plan begins with, and the
 * rest of the plan is run for each of them, with the rights that the subscriber has at that moment.
 *
 * @param source  the schema of the subgraph that declares them, with its guards
 */
export function makeSubscriber(
  supergraph: PlannedSupergraph,
  source: GraphQLSchema,
  subgraphs: ReadonlyMap<string, Subgraph>,
  { preflight, report }: Options,
): Subscriber {
  const plans = new WeakMap<DocumentNode, Map<string, Promise<Planned>>>()

  function plannedFor(document: DocumentNode, operationName: string | undefined): Promise<Planned> {
    let byName = plans.get(document)
    if (!byName) plans.set(document, (byName = new Map()))
    const key = operationName ?? ''
    let planned = byName.get(key)
    if (!planned) {
      byName.set(key, (planned = makePlan(document, operationName)))
      planned.catch(() => byName.delete(key))
    }
    return planned
  }

  async function makePlan(document: DocumentNode, operationName: string | undefined): Promise<Planned> {
    const { plan, sole } = await supergraph.plan(print(document), operationName)
    if (plan.node?.kind !== 'Subscription') throw new Error('The planner gave no plan for a subscription')
    if (sole !== undefined) return { document, operationName }
    const { primary } = plan.node
    const { known, all } = beginningWith(primary.serviceName, subgraphs)
    const planned = { plan: eachPlan(plan.node), document, operationName }
    const run = await runOf(planned, all)
    return {
      document: parse(textOf(primary.operation), { noLocation: true }),
      operationName: primary.operationName,
      complete: (event, variables, ctx) => {
        known.set(ctx, event)
        return run(variables, ctx)
      },
    }
  }

  async function runOf(
    planned: Parameters<typeof compiledPlan>[2],
    all: ReadonlyMap<string, Subgraph>,
  ): Promise<RunPlan> {
    try {
      return compiledPlan(supergraph, all, planned)
    } catch (error) {
      if (!(error instanceof UnknownPlan)) throw error
      return stockRun(supergraph, all, report, planned)
    }
  }

  return async ({ document, operationName, variables }, ctx) => {
    const mask = (error: unknown) => maskError(error, ctx, report)
    try {
      const refused = preflight(document, operationName, ctx.principal)
      if (refused) return { errors: [{ message: refused.message, extensions: refused.extensions }] }
      const misfits = misfitsOf(supergraph.api, operationIn(document, operationName), variables)
      if (misfits) return { errors: misfits.map(maskRequestError) }
      const planned = await plannedFor(document, operationName)
      const begun = await subscribe({
        schema: source,
        document: planned.document,
        operationName: planned.operationName,
        variableValues: variables,
        contextValue: ctx,
      })
      if (!(Symbol.asyncIterator in begun)) return { errors: (begun.errors ?? []).map(mask) }
      return answers(begun as AsyncGenerator<Given>, planned)
    } catch (thrown) {
      return { errors: [mask(thrown)] }
    }

    async function* answers(
      begun: AsyncGenerator<Given>,
      { complete }: Planned,
    ): AsyncGenerator<SubgraphResponse, void> {
      try {
        for await (const { data, errors } of begun) {
          const event = { data: data as SubgraphResponse['data'], ...(errors && { errors: errors.map(mask) }) }
          const now = ctx.renew ? await ctx.renew() : { ...ctx }
          yield errors || !complete ? event : await complete(event, variables, now)
        }
      } catch (thrown) {
        yield { errors: [mask(thrown)] }
      }
    }
  }
}

const textOf = (operation: string | DocumentNode) => (typeof operation === 'string' ? operation : print(operation))

const eachPlan = ({ primary, rest }: SubscriptionNode): QueryPlan => ({
  kind: 'QueryPlan',
  node: { kind: 'Sequence', nodes: [primary, ...(rest ? [rest] : [])] },
})

/** The subgraphs, of which the one that declares subscriptions answers first with the event that is known. */
function beginningWith(name: string, subgraphs: ReadonlyMap<string, Subgraph>) {
  const known = new WeakMap<Context, SubgraphResponse>()
  const declaring = subgraphs.get(name)
  if (!declaring) throw new Error(`There is no subgraph ${name}`)
  const first: Subgraph = {
    ...declaring,
    execute(request, ctx) {
      const event = known.get(ctx)
      known.delete(ctx)
      return event ? Promise.resolve(event) : declaring.execute(request, ctx)
    },
  }
  return { known, all: new Map([...subgraphs, [name, first]]) }
}
