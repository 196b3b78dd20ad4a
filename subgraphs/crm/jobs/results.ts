import type { Context } from '../../../drizzle/context.ts'
import { HouseError } from '../../../schema/errors.ts'
import type { RowResult } from './upsert.ts'

/** What became of a row, as clients read it. */
export type KeptResult = {
  readonly row: number
  readonly outcome: RowResult['outcome']
  readonly recordId: string | null
  readonly code: string | null
  readonly message: string | null
  /** JSON pointer (RFC 6901) into the row. */
  readonly pointer: string | null
}

export type ResultPage = {
  readonly nodes: readonly KeptResult[]
  readonly hasNextPage: boolean
  /** Give it as `after` for the next page. */
  readonly endCursor: number | null
}

const firstMax = 1_000

/** The results of a bulk write in the order of its rows; those that are not written yet have none. */
export async function resultsOf(
  { sql }: Context,
  job: string,
  {
    first,
    after,
    outcome,
  }: { readonly first: number; readonly after?: number | null; readonly outcome?: string | null },
): Promise<ResultPage> {
  if (first < 1 || first > firstMax)
    throw new HouseError('BAD_REQUEST', `first must be from 1 to ${firstMax}`, { argument: 'first' })
  const rows = await sql<KeptResult[]>`
    select n as row, outcome, record_id as "recordId", code, message,
      '/' || replace(replace(field, '~', '~0'), '/', '~1') as pointer
    from bulk_row where job = ${job} and n > ${after ?? 0} and outcome is not null
      and (${outcome ?? null}::text is null or outcome = ${outcome ?? null}) order by n limit ${first + 1}`
  const nodes = rows.slice(0, first)
  return { nodes, hasNextPage: rows.length > first, endCursor: nodes.at(-1)?.row ?? null }
}
