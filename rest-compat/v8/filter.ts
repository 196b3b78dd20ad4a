import { isStored } from '../../schema/field.ts'
import type { Comparison } from '../../schema/filter.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { unescapeHtml } from '../text.ts'
import { comparisonOf, never, type GraphFilter } from './comparison.ts'
import type { ModuleGraph } from './graph.ts'
import { ParameterError } from './options.ts'
import { isArray, phpString, type PhpArray, type PhpValue } from './php-array.ts'

export type ParsedFilter = {
  /** Only deleted records instead of none. */
  readonly deleted: boolean
  readonly join: 'and' | 'or'
  readonly conditions: readonly { readonly field: string; readonly op: Comparison; readonly value: string }[]
}

const operators: ReadonlySet<string> = new Set(['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'like', 'and', 'or'])

export const everything: ParsedFilter = { deleted: false, join: 'and', conditions: [] }

/**
 * Reads `filter[...]` and checks names and operators against the module.
 *
 * @throws ParameterError  in SuiteCRM's words
 * @see SuiteCRM Api/V8/JsonApi/Repository/Filter.php
 */
export function parseFilter(module: Module, filter: PhpArray): ParsedFilter {
  const join = filter.get('operator')
  if (join !== undefined) checkOperator(scalarText(join))
  const deleted = filter.get('deleted')
  const conditions: { field: string; op: Comparison; value: string }[] = []
  for (const [field, expression] of filter) {
    if (field === 'operator' || field === 'deleted') continue
    if (!fieldOf(module, field))
      throw new ParameterError(`Filter field ${field} in ${module.objectName} module is not found`)
    if (!isArray(expression)) throw new ParameterError(`Filter field ${field} must be an array`)
    for (const [op, value] of expression)
      conditions.push({ field, op: comparison(op), value: unescapeHtml(scalarText(value)) })
  }
  return {
    deleted: isArray(deleted) && Number(scalarText(deleted.get('eq') ?? null)) === 1,
    join: join !== undefined && scalarText(join).toLowerCase() === 'or' ? 'or' : 'and',
    conditions,
  }
}

const scalarText = (value: PhpValue) => (isArray(value) ? '' : phpString(value))

function checkOperator(op: string) {
  if (!operators.has(op.toLowerCase())) throw new ParameterError(`Filter operator ${op} is invalid`)
}

function comparison(op: string): Comparison {
  checkOperator(op)
  const lower = op.toLowerCase()
  if (lower === 'eq' || lower === 'neq' || lower === 'gt' || lower === 'gte' || lower === 'lt' || lower === 'lte')
    return lower
  if (lower === 'like') return 'like'
  throw new ParameterError(`Filter operator ${op} is invalid`) // SuiteCRM lets AND and OR through, into broken SQL
}

/**
 * The filter for the graph.
 *
 * Only columns and the e-mail address can be compared; SuiteCRM's database fails on anything else.
 *
 * @returns undefined when the database of SuiteCRM would fail, `{}` when nothing is filtered
 */
export function graphFilter(module: Module, graph: ModuleGraph, filter: ParsedFilter): GraphFilter | undefined {
  const conditions: GraphFilter[] = []
  for (const { field, op, value } of filter.conditions) {
    const definition = fieldOf(module, field)
    const scalar = graph.outputs.get(field)
    if (!definition || !scalar || !(isStored(definition) || field === 'email1')) return undefined
    conditions.push(value.includes('\0') ? never : comparisonOf(field, scalar, op, value))
  }
  const [first] = conditions
  if (!first) return {}
  return conditions.length === 1 ? first : { [filter.join]: conditions }
}
