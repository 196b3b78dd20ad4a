import type { QueryPlan } from '@apollo/query-planner'
import { Kind, type DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { maskRequestError } from '../error-mask.ts'
import { coercerOf } from './coerce.ts'
import type { RunPlan } from './execute.ts'
import { asksForSchema } from './asks-for-schema.ts'
import { shapeOf } from './shape.ts'
import { stepsOf, UnknownPlan } from './steps.ts'
import type { PublicError, Subgraph } from './subgraph.ts'
import type { PlannedSupergraph } from './supergraph.ts'
import type { Tree } from './tree.ts'
import { conditionsIn, conditionsOf, misfitsOf, operationIn } from './variables.ts'

/** An operation with n conditions has 2^n shapes; those that are asked for are kept. */
const shapesMax = 32

/**
 * Makes a plan ready to run: what depends on the operation alone is worked out now, and a request runs functions.
 *
 * @throws UnknownPlan
 */
export function compiledPlan(
  { api, possibleTypes }: Pick<PlannedSupergraph, 'api' | 'possibleTypes'>,
  subgraphs: ReadonlyMap<string, Subgraph>,
  { plan, document, operationName }: { plan: QueryPlan; document: DocumentNode; operationName: string | undefined },
): RunPlan {
  if (asksForSchema(document)) throw new UnknownPlan('the schema')
  const operation = operationIn(document, operationName)
  const fragments = new Map(
    document.definitions.flatMap(each => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  )
  const steps = stepsOf(plan, subgraphs, possibleTypes)
  const conditional = conditionsIn(document)
  const coerce = coercerOf(api, operation.variableDefinitions ?? [])
  const shapes = new LRUCache<string, ReturnType<typeof shapeOf>>({ max: shapesMax })

  function shapeFor(conditions: Readonly<Record<string, boolean>>) {
    const key = Object.values(conditions).join()
    let shape = shapes.get(key)
    if (!shape) shapes.set(key, (shape = shapeOf(api, operation, fragments, conditions)))
    return shape
  }

  return async (variables = {}, ctx) => {
    const misfits = coerce(variables) ? undefined : misfitsOf(api, operation, variables)
    if (misfits) return { errors: misfits.map(maskRequestError) }
    const conditions = conditionsOf(operation, conditional, variables)
    const run = { data: {} as Tree, errors: [] as PublicError[], variables, conditions, ctx }
    await steps(run)
    const { errors } = run
    const data = shapeFor(conditions)(run.data, errors)
    return errors.length === 0 ? { data } : { data, errors }
  }
}
