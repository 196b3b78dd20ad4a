import type { Filter, Operand } from '../../schema/filter.ts'

/**
 * A condition as two filters: for the records that it holds of, and for those that it fails of.
 *
 * SQL says neither of a comparison with nothing, and so `NOT (industry = 'x')` does not hold where there is no
 * industry. The graph knows yes and no only.
 */
export type Truth = { readonly yes: Filter; readonly no: Filter }

const all = (of: readonly Filter[]): Filter => (of.length === 1 && of[0] ? of[0] : { kind: 'and', of })
const any = (of: readonly Filter[]): Filter => (of.length === 1 && of[0] ? of[0] : { kind: 'or', of })

export const always: Filter = { kind: 'and', of: [] }
export const never: Filter = { kind: 'or', of: [] }

export const holds: Truth = { yes: always, no: never }
export const fails: Truth = { yes: never, no: always }
/** What a comparison with NULL comes to. */
export const neither: Truth = { yes: never, no: never }

export const inverse = ({ yes, no }: Truth): Truth => ({ yes: no, no: yes })

export const every = (truths: readonly Truth[]): Truth => ({
  yes: all(truths.map(({ yes }) => yes)),
  no: any(truths.map(({ no }) => no)),
})

export const some = (truths: readonly Truth[]): Truth => ({
  yes: any(truths.map(({ yes }) => yes)),
  no: all(truths.map(({ no }) => no)),
})

/** Both, as far as `condition` holds. */
export const where = (condition: Filter, { yes, no }: Truth): Truth =>
  condition === always ? { yes, no } : { yes: all([yes, condition]), no: all([no, condition]) }

export const isNull = (operand: Operand): Truth => ({
  yes: { kind: 'null', operand, isNull: true },
  no: { kind: 'null', operand, isNull: false },
})

/** Fails of every value that there is. */
export const failsOfAll = (operand: Operand): Truth => ({ yes: never, no: isNull(operand).no })

/** The truth of a filter that meets no empty field. The graph's texts made of several fields are never empty. */
export const meeting = (operand: Operand, yes: Filter): Truth => {
  const no: Filter = { kind: 'not', of: yes }
  return { yes, no: 'field' in operand ? all([no, isNull(operand).no]) : no }
}
