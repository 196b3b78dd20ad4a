import type { Context } from '../../drizzle/context.ts'

/** What the plan asks of one subgraph. The text stands for the operation: equal texts are parsed once. */
export type SubgraphRequest = {
  readonly text: string
  readonly operationName?: string
  readonly variables?: Readonly<Record<string, unknown>>
}

/** An error as it leaves: what the caller may know, and nothing else. */
export type PublicError = {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string }
}

/** Without `data` the operation was not run at all: its variables do not fit. */
export type SubgraphResponse = {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly PublicError[]
}

/**
 * One subgraph of the supergraph, wherever it runs: the data source behind the plan.
 *
 * `execute` never rejects: what fails stands in `errors`, masked.
 */
export type Subgraph = {
  readonly name: string
  execute(request: SubgraphRequest, ctx: Context): Promise<SubgraphResponse>
  /** Lets go of connections; waits for nothing. */
  close(): Promise<void>
}
