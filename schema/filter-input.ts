import { HouseError } from './errors.ts'
import { comparisons, type Filter, type FilterValue, type Operand, type Sort } from './filter.ts'

/** A filter as GraphQL has coerced it: conditions by field, and `and`, `or`, `not`, `concat`. */
export type FilterInput = { readonly [field: string]: unknown }

/** At most this many levels of `and`, `or` and `not`. */
const depthMax = 20

/**
 * The condition that a filter input stands for, or undefined for one that is empty.
 *
 * @throws BAD_REQUEST  nested too deeply
 */
export function filterOf(input: FilterInput | null | undefined, depth = 0): Filter | undefined {
  if (!input) return undefined
  if (depth > depthMax)
    throw new HouseError('BAD_REQUEST', `A filter may be ${depthMax} levels deep`, { argument: 'filter' })
  const parts: Filter[] = []
  for (const [key, value] of Object.entries(input)) {
    if (value === null || value === undefined) continue
    if (key === 'and' || key === 'or') {
      const of = (value as FilterInput[]).flatMap(part => filterOf(part, depth + 1) ?? [])
      parts.push({ kind: key, of })
    } else if (key === 'not') {
      const of = filterOf(value as FilterInput, depth + 1)
      if (of) parts.push({ kind: 'not', of })
    } else if (key === 'concat') {
      for (const { parts: words, ...tests } of value as ConcatInput[]) {
        parts.push(...testsOf({ concat: words.map(operandPart) }, tests))
      }
    } else parts.push(...testsOf({ field: key }, value as Tests))
  }
  return parts.length === 1 ? parts[0] : parts.length > 1 ? { kind: 'and', of: parts } : undefined
}

type Tests = { readonly [test: string]: FilterValue | readonly FilterValue[] | null | undefined }

type ConcatInput = { readonly parts: readonly { field?: string | null; text?: string | null }[] } & Tests

const operandPart = ({ field, text }: { field?: string | null; text?: string | null }) => {
  if (typeof field === 'string' && text == null) return { field }
  if (typeof text === 'string' && field == null) return { text }
  throw new HouseError('BAD_REQUEST', 'A part is either a field or a text', { argument: 'concat' })
}

function testsOf(operand: Operand, tests: Tests): Filter[] {
  const filters: Filter[] = []
  for (const op of comparisons) {
    const value = tests[op]
    if (value !== null && value !== undefined)
      filters.push({ kind: 'compare', operand, op, value: value as FilterValue })
  }
  if (Array.isArray(tests.in)) filters.push({ kind: 'in', operand, values: tests.in as FilterValue[] })
  if (typeof tests.null === 'boolean') filters.push({ kind: 'null', operand, isNull: tests.null })
  return filters
}

export type SortInput = readonly { readonly field: string; readonly direction?: 'ASC' | 'DESC' | null }[]

export const sortOf = (input: SortInput | null | undefined): Sort | undefined =>
  input && input.length > 0
    ? input.map(({ field, direction }) => ({ field, direction: direction === 'DESC' ? 'desc' : 'asc' }))
    : undefined
