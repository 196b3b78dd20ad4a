import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../../drizzle/context.ts'
import { Problem } from '../../rest-compat/v8_1/problem.ts'
import { HouseError } from '../../schema/errors.ts'
import { compile } from '../../subgraphs/ops/endpoints/compile.ts'
import { inWords, type Declaration, type Example } from '../../subgraphs/ops/endpoints/declaration.ts'
import { faultsOf, validatorsOf } from '../../subgraphs/ops/endpoints/validators.ts'
import type { Report } from '../error-mask.ts'
import { openGraph, type Graph } from '../supergraph/graph.ts'
import { callEndpoint } from './call.ts'
import { readGiven } from './given.ts'

/** What came of an example. */
export type ExampleResult = { readonly name: string; readonly passed: boolean; readonly says: string }

/** Runs the examples of a declaration one after the other. What they write is undone. */
export async function runExamples(ctx: Context, declaration: Declaration, report: Report): Promise<ExampleResult[]> {
  const graph = await openGraph(ctx.catalog, { report })
  try {
    const results: ExampleResult[] = []
    for (const example of declaration.examples) {
      const says = await complaintOf({ ...ctx, isRehearsal: true }, graph, declaration, example)
      results.push({ name: example.name, passed: says === undefined, says: says ?? '' })
    }
    return results
  } finally {
    await graph.close()
  }
}

/** Nobody is charged for an example. */
const free = { run: <Answer>(_price: unknown, _variables: unknown, execute: () => Promise<Answer>) => execute() }

async function complaintOf(ctx: Context, graph: Graph, declaration: Declaration, example: Example) {
  const compilation = compile(declaration, graph.api, name => graph.catalog.byName.has(name))
  if (compilation.kind === 'broken') return compilation.faults.map(inWords).join('; ')
  try {
    const given = readGiven(declaration, sentBy(example), ctx.principal)
    const { compiled } = compilation
    const answer = await callEndpoint(graph, free, ctx, { declaration, compiled, given })
    return difference(declaration, example, answer)
  } catch (error) {
    if (error instanceof Problem || error instanceof HouseError) return error.message
    throw error
  }
}

function difference(declaration: Declaration, { output }: Example, answer: unknown): string | undefined {
  const { output: validate } = validatorsOf(declaration)
  if (validate && !validate(structuredClone(answer))) {
    return `it answers what does not fit outputSchema: ${faultsOf(validate, '').map(inWords).join('; ')}`
  }
  if (output === undefined || isDeepStrictEqual(output, answer)) return undefined
  return `it answers ${JSON.stringify(answer).slice(0, 500)}`
}

/** An example as a request would bring it. */
function sentBy({ path = {}, query = {}, body }: Example) {
  const parameters = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map(each => [name, String(each)]),
    ),
  )
  return {
    path: Object.fromEntries(Object.entries(path).map(([name, value]) => [name, String(value)])),
    rawQuery: parameters.toString(),
    contentType: 'application/json',
    body: body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)),
  }
}
