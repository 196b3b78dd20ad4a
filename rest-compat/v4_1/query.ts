import type { Catalog } from '../../schema/catalog.ts'
import type { Comparison, Filter } from '../../schema/filter.ts'
import type { Module } from '../../schema/module.ts'
import { isObject, itemsOf } from './arguments.ts'
import { isEmailSelect, throughEmail } from './email-select.ts'
import { always, comparison, membership, never, type Literal } from './literal.ts'
import { argumentsOf, columnsOfModule, functionName, sideOf, type Columns, type Side } from './operand.ts'
import { createPlans } from './plan.ts'
import { alternatives, depthMax, parseCondition, refuse, type SqlNode } from './sql.ts'

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
  return plannedQuery(catalog, `${module.name} ${fragment}`, () =>
    condition(parseCondition(fragment), { catalog, module, columns: columnsOfModule(catalog, module), depth: 0 }),
  )
}

/** Where a condition stands: which columns it may name, and whether a sub-select may follow. */
export type Scope = {
  readonly catalog: Catalog
  readonly module: Module
  readonly columns: Columns
  readonly depth: number
}

function condition(node: SqlNode, outer: Scope): Filter {
  if (outer.depth > depthMax) refuse('a condition nested this deeply')
  const scope = { ...outer, depth: outer.depth + 1 }
  const groups = alternatives(node).map(group =>
    all(group.map(part => (part === node ? test(part, scope) : condition(part, scope)))),
  )
  return groups.length === 1 ? (groups[0] ?? never) : { kind: 'or', of: groups }
}

const all = (filters: readonly Filter[]): Filter =>
  filters.length === 1 ? (filters[0] ?? always) : { kind: 'and', of: filters }

function test(node: SqlNode, scope: Scope): Filter {
  switch (node.type) {
    case 'binary_expr':
      return binary(node, scope)
    case 'unary_expr':
      return unary(node, scope)
    case 'function': {
      const [inner, ...others] = argumentsOf(node)
      if (functionName(node) !== 'NOT' || !isObject(inner) || others.length > 0)
        refuse(`function ${functionName(node)}`)
      return { kind: 'not', of: isObject(inner) ? condition(inner, scope) : never }
    }
    case 'number':
    case 'bool':
      return Number(node.value) === 0 ? never : always
    case 'column_ref':
      return compareSides('neq', sideOf(node, scope.columns), { kind: 'literal', value: 0 })
    default:
      return refuse(String(node.type))
  }
}

function unary({ operator, expr }: SqlNode, scope: Scope): Filter {
  if (!isObject(expr) || (operator !== 'NOT' && operator !== '!')) return refuse(String(operator))
  // `! a = 1` is `(! a) = 1`, which nobody means.
  if (operator === '!' && expr.type === 'binary_expr' && expr.parentheses !== true) refuse('!')
  return { kind: 'not', of: condition(expr, scope) }
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

function binary(node: SqlNode, scope: Scope): Filter {
  const operator = String(node.operator).toUpperCase()
  if (operator.startsWith('NOT ')) {
    return { kind: 'not', of: binary({ ...node, operator: operator.slice(4) }, scope) }
  }
  if (operator === 'IN' && isEmailSelect(node.right)) return throughEmail(node, scope)
  const left = sideOf(node.left, scope.columns)
  if (operator === 'IN') return isIn(left, listOf(node.right, scope))
  if (operator === 'BETWEEN') {
    const [from, to, ...others] = listOf(node.right, scope)
    if (from === undefined || to === undefined || others.length > 0) return refuse('BETWEEN')
    return all([compareSides('gte', left, literal(from)), compareSides('lte', left, literal(to))])
  }
  const right = sideOf(node.right, scope.columns)
  if (operator === 'IS' || operator === 'IS NOT') return isNull(left, right, operator === 'IS')
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

function compareSides(op: Comparison, left: Side, right: Side): Filter {
  if (left.kind === 'literal') {
    if (right.kind === 'literal') return constant(op, left.value, right.value)
    const turned = flipped[op]
    return turned ? compareSides(turned, right, left) : refuse('LIKE a column')
  }
  if (right.kind !== 'literal') return refuse('a comparison of columns')
  const found = comparison(left.operand, left.scalar, op, right.value)
  if (!left.orEmpty || right.value === null) return found
  return { kind: 'or', of: [found, ...(meetsEmpty(op, right.value) ? [isEmptyOperand(left)] : [])] }
}

type OperandSide = Extract<Side, { kind: 'operand' }>

const isEmptyOperand = ({ operand }: OperandSide): Filter => ({ kind: 'null', operand, isNull: true })

/** Does empty text stand in this relation to the value? */
function meetsEmpty(op: Comparison, value: string | number | boolean): boolean {
  const text = String(value)
  if (op === 'like') return /^%*$/.test(text)
  if (op === 'neq') return text !== ''
  return ['eq', 'gte', 'lte'].includes(op) ? text === '' || op === 'lte' : op === 'lt' && text !== ''
}

function isIn(left: Side, values: readonly Literal[]): Filter {
  if (left.kind === 'literal')
    return values.some(value => constant('eq', left.value, value) === always) ? always : never
  const found = membership(left.operand, left.scalar, values)
  return left.orEmpty && values.includes('') ? { kind: 'or', of: [found, isEmptyOperand(left)] } : found
}

function isNull(left: Side, right: Side, is: boolean): Filter {
  if (right.kind !== 'literal' || left.kind !== 'operand') return refuse('IS')
  if (right.value === null) {
    if ('concat' in left.operand) return refuse('IS NULL of a made text')
    if (left.orEmpty) return is ? never : always
    return { kind: 'null', operand: left.operand, isNull: is }
  }
  if (typeof right.value !== 'boolean' || left.scalar !== 'Boolean') return refuse('IS')
  const found = comparison(left.operand, left.scalar, 'eq', right.value)
  return is ? found : { kind: 'or', of: [{ kind: 'not', of: found }, isEmptyOperand(left)] }
}

/** `1=1` and its like. */
function constant(op: Comparison, left: Literal, right: Literal): Filter {
  if (left === null || right === null) return never
  if (op !== 'eq' && op !== 'neq') return refuse('an order between constants')
  const same =
    typeof left === 'string' && typeof right === 'string'
      ? left.toLowerCase() === right.toLowerCase()
      : Number(left) === Number(right)
  return same === (op === 'eq') ? always : never
}
