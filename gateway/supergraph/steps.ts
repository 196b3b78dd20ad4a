import type { FetchNode, PlanNode, QueryPlan, ResponsePath } from '@apollo/query-planner'
import type { Context } from '../../drizzle/context.ts'
import { isPlain, pathsAt, placesAt } from './places.ts'
import type { PossibleTypes } from './planner.ts'
import { representationOf, type Represent } from './representations.ts'
import { rewriteOf, type IsOfType, type Rewrite } from './rewrites.ts'
import type { PublicError, Subgraph } from './subgraph.ts'
import { isTree, merge, own, type Tree } from './tree.ts'

/** One execution of a plan: what came together so far. */
export type Run = {
  readonly data: Tree
  readonly errors: PublicError[]
  readonly variables: Readonly<Record<string, unknown>>
  /** Values of the variables that decide whether something is included. */
  readonly conditions: Readonly<Record<string, unknown>>
  readonly ctx: Context
}

/** A part of a plan, ready to run. Does not fail: what goes wrong stands in the errors of the run. */
export type Step = (run: Run) => Promise<void>

/** What a plan says of how to do it that we do not know. The stock executor does. */
export class UnknownPlan extends Error {}

/**
 * Turns a query plan into functions.
 *
 * @see https://www.apollographql.com/docs/federation/query-plans read 2026-11
 * @throws UnknownPlan
 */
export function stepsOf(plan: QueryPlan, subgraphs: ReadonlyMap<string, Subgraph>, possibleTypes: PossibleTypes): Step {
  const { node } = plan
  if (!node) return () => Promise.resolve()
  if (node.kind === 'Subscription') throw new UnknownPlan('a subscription')
  return stepOf(node, { subgraphs, isOfType: typesOf(possibleTypes), join: joinWith(possibleTypes) }, [])
}

type Known = {
  readonly subgraphs: ReadonlyMap<string, Subgraph>
  readonly isOfType: IsOfType
  readonly join: ReturnType<typeof joinWith>
}

function stepOf(node: PlanNode, known: Known, at: ResponsePath): Step {
  switch (node.kind) {
    case 'Sequence': {
      const steps = node.nodes.map(each => stepOf(each, known, at))
      return async run => {
        for (const step of steps) await step(run)
      }
    }
    case 'Parallel': {
      const steps = node.nodes.map(each => stepOf(each, known, at))
      return async run => {
        await Promise.all(steps.map(step => step(run)))
      }
    }
    case 'Flatten':
      if (!isPlain(node.path)) throw new UnknownPlan('a path that depends on types')
      return stepOf(node.node, known, [...at, ...node.path])
    case 'Condition': {
      const [yes, no] = [node.ifClause, node.elseClause].map(each => each && stepOf(each, known, at))
      const { condition } = node
      return async run => {
        await (run.conditions[condition] === true ? yes : no)?.(run)
      }
    }
    case 'Fetch':
      return fetchOf(node, known, at)
    case 'Defer':
      throw new UnknownPlan('a deferred part')
  }
}

function fetchOf(node: FetchNode, { subgraphs, isOfType, join }: Known, at: ResponsePath): Step {
  const subgraph = subgraphs.get(node.serviceName)
  if (!subgraph) throw new UnknownPlan('a subgraph that is not there')
  if (node.contextRewrites?.length) throw new UnknownPlan('values from a context')
  const { operation: text, operationName, variableUsages = [], requires } = node
  const rewrite = rewriteOf(node.outputRewrites, isOfType)
  const ask = (run: Run, representations?: readonly Tree[]) => {
    const variables: Record<string, unknown> = representations ? { representations } : {}
    for (const name of variableUsages) if (Object.hasOwn(run.variables, name)) variables[name] = run.variables[name]
    return subgraph.execute({ text, operationName, variables }, run.ctx)
  }

  if (requires) {
    const represent = representationOf(requires, isOfType, rewriteOf(node.inputRewrites, isOfType))
    return run => joinRecords(run, at, { represent, rewrite, join, ask })
  }
  return async run => {
    const { data, errors = [] } = await ask(run)
    run.errors.push(...errors)
    if (!data) return
    rewrite?.(data)
    for (const place of placesAt(run.data, at)) merge(place, data)
  }
}

type Joining = {
  readonly join: Known['join']
  readonly represent: Represent
  readonly rewrite: Rewrite | undefined
  readonly ask: (run: Run, representations: readonly Tree[]) => ReturnType<Subgraph['execute']>
}

/**
 * Asks a subgraph for more of the records at a path, for each record once however often it stands there.
 *
 * What comes of a record is put into all its places, and is the same object in each of them: all of them get the same
 * later, too.
 */
async function joinRecords(run: Run, at: ResponsePath, { represent, rewrite, join, ask }: Joining) {
  const places = placesAt(run.data, at)
  const { representations, numberOf } = distinct(places, represent)
  if (representations.length === 0) return
  const { data, errors = [] } = await ask(run, representations)
  if (errors.length > 0) {
    const paths = pathsAt(run.data, at)
    for (const error of errors)
      run.errors.push(
        ...moved(
          error,
          paths.filter((_, place) => numberOf[place] === error.path?.[1]),
        ),
      )
  }
  const entities = data ? own(data, '_entities') : undefined
  if (!Array.isArray(entities)) return
  for (const entity of entities) if (isTree(entity)) rewrite?.(entity)
  for (const [index, place] of places.entries()) {
    const entity: unknown = entities[numberOf[index] ?? -1]
    if (isTree(entity)) join(place, entity)
  }
}

/**
 * A subgraph that knows an interface as an object calls every record by the interface's name. What is known better
 * already stays.
 */
function joinWith(possibleTypes: PossibleTypes) {
  return (place: Tree, entity: Tree) => {
    const known = own(place, '__typename')
    merge(place, entity)
    if (known !== undefined && possibleTypes.has(String(own(place, '__typename')))) place['__typename'] = known
  }
}

function distinct(places: readonly Tree[], represent: Represent) {
  const numbers = new Map<string, number>()
  const representations: Tree[] = []
  const numberOf = places.map(place => {
    const representation = represent(place)
    if (!representation) return undefined
    const text = JSON.stringify(representation)
    const known = numbers.get(text)
    if (known !== undefined) return known
    numbers.set(text, representations.length)
    return representations.push(representation) - 1
  })
  return { representations, numberOf }
}

/** An error of a record, told for each of its places; an error of the whole as it is. */
function moved(error: PublicError, paths: readonly (readonly (string | number)[])[]): readonly PublicError[] {
  const { path, ...rest } = error
  if (path?.[0] !== '_entities') return [rest]
  return paths.map(place => ({ ...error, path: [...place, ...path.slice(2)] }))
}

const typesOf =
  (possibleTypes: PossibleTypes): IsOfType =>
  (typename, name) =>
    typename === name || (typeof typename === 'string' && possibleTypes.get(name)?.has(typename) === true)
