/** The comparisons that a filter knows. Text is compared without regard to case, as SuiteCRM's database does. */
export const comparisons = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'like'] as const

export type Comparison = (typeof comparisons)[number]

/** A value as GraphQL and JSON carry it: text, number or boolean. */
export type FilterValue = string | number | boolean

/** What is compared: a field, or the text that several fields and literals make together. */
export type Operand =
  { readonly field: string } | { readonly concat: readonly ({ readonly field: string } | { readonly text: string })[] }

/**
 * A condition on the records of one module. The one form behind GraphQL filters, V8 `filter[...]`, v4.1 `query`
 * fragments and event conditions.
 *
 * As in SQL, a comparison with an empty (NULL) field is neither true nor false: `neq` does not find it.
 */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'compare'; readonly operand: Operand; readonly op: Comparison; readonly value: FilterValue }
  | { readonly kind: 'in'; readonly operand: Operand; readonly values: readonly FilterValue[] }
  | { readonly kind: 'null'; readonly operand: Operand; readonly isNull: boolean }

export type Direction = 'asc' | 'desc'

export type Sort = readonly { readonly field: string; readonly direction: Direction }[]
