import type { Filter, Operand, Sort } from '../../schema/filter.ts'

/** A filter or an order as the graph takes it. */
export type FilterInput = { readonly [name: string]: unknown }

/** The filter as the value of a `<Type>Filter` variable. */
export function filterInput(filter: Filter): FilterInput {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { [filter.kind]: filter.of.map(filterInput) }
    case 'not':
      return { not: filterInput(filter.of) }
    case 'compare':
      return onOperand(filter.operand, { [filter.op]: filter.value })
    case 'in':
      return onOperand(filter.operand, { in: filter.values })
    case 'null':
      return onOperand(filter.operand, { null: filter.isNull })
  }
}

const onOperand = (operand: Operand, test: FilterInput): FilterInput =>
  'field' in operand ? { [operand.field]: test } : { concat: [{ parts: operand.concat, ...test }] }

/** The order as the value of a `[<Type>Sort!]` variable. */
export const sortInput = (sort: Sort) =>
  sort.map(({ field, direction }) => ({ field, direction: direction === 'desc' ? 'DESC' : 'ASC' }))
