import type { Catalog } from '../../schema/catalog.ts'
import type { Comparison, Filter, Operand } from '../../schema/filter.ts'
import type { Scalar } from '../../schema/graphql-types.ts'
import type { Module } from '../../schema/module.ts'
import { isObject, itemsOf } from './arguments.ts'
import { isEmailSelect, throughEmail } from './email-select.ts'
import { comparison, membership, type Literal } from './literal.ts'
import { argumentsOf, columnsOfModule, functionName, sideOf, type Columns, type Side } from './operand.ts'
import { createPlans } from './plan.ts'
import { alternatives, depthMax, parseCondition, refuse, type SqlNode } from './sql.ts'
import { every, fails, failsOfAll, holds, inverse, isNull, neither, some, where, type Truth } from './truth.ts'

/** Conditions hold values: they come and go faster than the operations of `planned`, and must not push them out. */
const plannedQuery = createPlans(300)

/**
 * The filter that a `query` fragment stands for: the condition in SQL that clients of this API send.
 *
 * It is parsed and translated, never passed on. Understood are comparisons, LIKE, IN, BETWEEN, IS NULL, AND, OR, NOT,
 * columns of the module's own table (with or without its name) and of `<table>_cstm`, LOWER, UPPER, CONCAT, IFNULL with
 * empty text, and the one sub-select that finds records by e-mail address.
 *
 * @returns undefined where there is no condition
 * @throws Untranslatable  it says what else stands there
 */
export function filterOfQuery(catalog: Catalog, module: Module, fragment: string): Filter | undefined {
  if (fragment.trim() === '') return undefined
  const scope = { catalog, module, columns: columnsOfModule(catalog, module), depth: 0 }
  return plannedQuery(catalog, `${module.name} ${fragment}`, () => condition(parseCondition(fragment), scope).yes)
}

/** Where a condition stands: which columns it may name, and whether a sub-select may follow. */
export type Scope = {
  readonly catalog: Catalog
  readonly module: Module
  readonly columns: Columns
  readonly depth: number
}

function condition(node: SqlNode, outer: Scope): Truth {
  if (outer.depth > depthMax) refuse('a condition nested this deeply')
  const scope = { ...outer, depth: outer.depth + 1 }
  const groups = alternatives(node).map(group =>
    every(group.map(part => (part === node ? test(part, scope) : condition(part, scope)))),
  )
  return some(groups)
}

function test(node: SqlNode, scope: Scope): Truth {
  switch (node.type) {
    case 'binary_expr':
      return binary(node, scope)
    case 'unary_expr':
      return unary(node, scope)
    case 'function': {
      const [inner, ...others] = argumentsOf(node)
      if (functionName(node) !== 'NOT' || others.length > 0) refuse(`function ${functionName(node)}`)
      return isObject(inner) ? inverse(condition(inner, scope)) : refuse('NOT')
    }
    case 'number':
    case 'bool':
      return Number(node.value) === 0 ? fails : holds
    case 'column_ref':
      return compareSides('neq', sideOf(node, scope.columns), { kind: 'literal', value: 0 })
    default:
      return refuse(String(node.type))
  }
}

function unary({ operator, expr }: SqlNode, scope: Scope): Truth {
  if (!isObject(expr) || (operator !== 'NOT' && operator !== '!')) return refuse(String(operator))
  // `! a = 1` is `(! a) = 1`, which nobody means.
  if (operator === '!' && expr.type === 'binary_expr' && expr.parentheses !== true) refuse('!')
  return inverse(condition(expr, scope))
}

const operators: Readonly<Record<string, Comparison>> = {
  '=': 'eq',
  '!=': 'neq',
  '<>': 'neq',
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
  LIKE: 'like',
}

const flipped: Readonly<Record<Comparison, Comparison | undefined>> = {
  eq: 'eq',
  neq: 'neq',
  gt: 'lt',
  gte: 'lte',
  lt: 'gt',
  lte: 'gte',
  like: undefined,
}

function binary(node: SqlNode, scope: Scope): Truth {
  const operator = String(node.operator).toUpperCase()
  if (operator.startsWith('NOT ')) return inverse(binary({ ...node, operator: operator.slice(4) }, scope))
  if (operator === 'IN' && isEmailSelect(node.right)) return throughEmail(node, scope)
  const left = sideOf(node.left, scope.columns)
  if (operator === 'IN') return isIn(left, listOf(node.right, scope))
  if (operator === 'BETWEEN') {
    const [from, to, ...others] = listOf(node.right, scope)
    if (from === undefined || to === undefined || others.length > 0) return refuse('BETWEEN')
    return every([compareSides('gte', left, literal(from)), compareSides('lte', left, literal(to))])
  }
  const right = sideOf(node.right, scope.columns)
  if (operator === 'IS' || operator === 'IS NOT') return is(left, right, operator === 'IS')
  const op = operators[operator]
  return op ? compareSides(op, left, right) : refuse(operator)
}

const literal = (value: Literal): Side => ({ kind: 'literal', value })

function listOf(node: unknown, scope: Scope): readonly Literal[] {
  if (!isObject(node) || node.type !== 'expr_list') return refuse('IN')
  return itemsOf(node.value).map(item => {
    if (isObject(item) && item.ast !== undefined) refuse('a sub-select')
    const side = sideOf(item, scope.columns)
    return side.kind === 'literal' ? side.value : refuse('a column in a list')
  })
}

function compareSides(op: Comparison, left: Side, right: Side): Truth {
  if (left.kind === 'literal') {
    if (right.kind === 'literal') return constant(op, left.value, right.value)
    const turned = flipped[op]
    return turned ? compareSides(turned, right, left) : refuse('LIKE a column')
  }
  if (right.kind !== 'literal') return refuse('a comparison of columns')
  return compareOperand(op, left, right.value)
}

type OperandSide = Extract<Side, { kind: 'operand' }>

function compareOperand(op: Comparison, side: OperandSide, value: Literal): Truth {
  const { operand, scalar, orEmpty } = side
  if (!orEmpty || value === null) return present(side, comparison(operand, scalar, op, value))
  if ('concat' in operand) return refuse('IFNULL of a made text')
  if (isTextual(scalar)) return orElse(meetsEmpty(op, value), operand, comparison(operand, scalar, op, value))
  // Beside text, what is no text is one too, and never empty.
  if (op !== 'eq' && op !== 'neq') return refuse('IFNULL of what is no text')
  const ofValues = value === '' ? failsOfAll(operand) : comparison(operand, scalar, 'eq', value)
  const equal = orElse(value === '', operand, ofValues)
  return op === 'eq' ? equal : inverse(equal)
}

const isTextual = (scalar: Scalar) => scalar === 'String' || scalar === 'ID'

/** The truth of values, and for none what empty text comes to. */
function orElse(isMet: boolean, operand: Operand, { yes, no }: Truth): Truth {
  const { yes: empty } = isNull(operand)
  return isMet ? { yes: { kind: 'or', of: [yes, empty] }, no } : { yes, no: { kind: 'or', of: [no, empty] } }
}

/** A made text is only there where all that it is made of is. */
const present = ({ needs }: OperandSide, truth: Truth): Truth =>
  needs.reduce((inner, field) => where(isNull({ field }).no, inner), truth)

/** Does empty text stand in this relation to the value? */
function meetsEmpty(op: Comparison, value: string | number | boolean): boolean {
  const text = String(value)
  if (op === 'like') return /^%*$/.test(text)
  if (op === 'neq') return text !== ''
  return ['eq', 'gte', 'lte'].includes(op) ? text === '' || op === 'lte' : op === 'lt' && text !== ''
}

function isIn(left: Side, values: readonly Literal[]): Truth {
  if (left.kind === 'literal') return some(values.map(value => constant('eq', left.value, value)))
  if (left.orEmpty) return some(values.map(value => compareOperand('eq', left, value)))
  return present(left, membership(left.operand, left.scalar, values))
}

function is(left: Side, right: Side, isPositive: boolean): Truth {
  if (right.kind !== 'literal' || left.kind !== 'operand') return refuse('IS')
  const truth = isNothing(left, right.value)
  return isPositive ? truth : inverse(truth)
}

function isNothing(left: OperandSide, value: Literal): Truth {
  if ('concat' in left.operand) return refuse('IS NULL of a made text')
  if (value === null) return left.orEmpty ? fails : isNull(left.operand)
  if (typeof value !== 'boolean' || left.scalar !== 'Boolean' || left.orEmpty) return refuse('IS')
  return orElse(false, left.operand, comparison(left.operand, left.scalar, 'eq', value))
}

/** `1=1` and its like. */
function constant(op: Comparison, left: Literal, right: Literal): Truth {
  if (left === null || right === null) return neither
  if (op !== 'eq' && op !== 'neq') return refuse('an order between constants')
  const same =
    typeof left === 'string' && typeof right === 'string'
      ? left.toLowerCase() === right.toLowerCase()
      : Number(left) === Number(right)
  return same === (op === 'eq') ? holds : fails
}
