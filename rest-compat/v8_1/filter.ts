import { comparisons } from '../../schema/filter.ts'
import type { Scalar } from '../../schema/graphql-types.ts'
import { isArray, isList, type PhpArray, type PhpValue } from '../v8/php-array.ts'
import { badParameter } from './problem.ts'

/** A `<Type>Filter` of the graph. */
export type GraphFilter = Readonly<Record<string, unknown>>

type Fields = { readonly name: string; readonly scalarOf: (field: string) => Scalar | undefined }

const depthMax = 10
const operators: ReadonlySet<string> = new Set([...comparisons, 'in', 'null'])

/**
 * Reads `filter[...]`: `filter[name]=Acme`, `filter[employees][gte]=10`, `filter[industry][in]=Banking,Energy`,
 * `filter[website][null]=true`, and nested `filter[or][0][name][like]=A%25`, `filter[not][name]=Acme`. All must hold;
 * `filter[operator]=or` lets any do, as in 8.0.
 *
 * @throws Problem  BAD_REQUEST
 */
export function filterOf(module: Fields, query: PhpArray): GraphFilter {
  const given = query.get('filter')
  if (given === undefined) return {}
  if (!isArray(given)) throw badParameter('filter', 'Name a field: filter[name]=Acme')
  return groupOf(module, given, 'filter', 0)
}

function groupOf(module: Fields, group: PhpArray, at: string, depth: number): GraphFilter {
  if (depth > depthMax) throw badParameter('filter', `A filter may be ${depthMax} levels deep`)
  const conditions: GraphFilter[] = []
  for (const [key, value] of group) {
    const here = `${at}[${key}]`
    if (key === 'operator') continue
    if (key === 'and' || key === 'or') {
      if (!isArray(value) || !isList(value)) throw badParameter(here, `Number the conditions: ${here}[0][name]=Acme`)
      conditions.push({ [key]: [...value.values()].map((each, i) => inner(module, each, `${here}[${i}]`, depth)) })
    } else if (key === 'not') conditions.push({ not: inner(module, value, here, depth) })
    else conditions.push(...comparisonsOf(module, key, value, here))
  }
  const join = joinOf(group.get('operator'), at)
  const [first] = conditions
  return conditions.length === 1 && first ? first : conditions.length === 0 ? {} : { [join]: conditions }
}

function inner(module: Fields, value: PhpValue, at: string, depth: number): GraphFilter {
  if (!isArray(value)) throw badParameter(at, `Name a field: ${at}[name]=Acme`)
  return groupOf(module, value, at, depth + 1)
}

function joinOf(operator: PhpValue | undefined, at: string): 'and' | 'or' {
  const join = typeof operator === 'string' ? operator.toLowerCase() : operator
  if (join === undefined || join === 'and') return 'and'
  if (join === 'or') return 'or'
  throw badParameter(`${at}[operator]`, 'The operator is "and" or "or"')
}

function comparisonsOf(module: Fields, field: string, value: PhpValue, at: string): GraphFilter[] {
  const scalar = module.scalarOf(field)
  if (scalar === undefined) throw badParameter(at, `${module.name} has no field ${field} to filter by`)
  if (!isArray(value)) return [{ [field]: { eq: operandOf(scalar, 'eq', value, at) } }]
  return [...value].map(([op, operand]) => {
    const here = `${at}[${op}]`
    if (!operators.has(op)) throw badParameter(here, `The operators are ${[...operators].join(', ')}`)
    return { [field]: { [op]: operandOf(scalar, op, operand, here) } }
  })
}

function operandOf(scalar: Scalar, op: string, value: PhpValue, at: string): unknown {
  if (op === 'null') return valueOf('Boolean', value, at)
  if (op === 'like' && scalar !== 'Boolean') return valueOf('String', value, at)
  if ((op === 'like' || /^[gl]te?$/.test(op)) && scalar === 'Boolean')
    throw badParameter(at, 'True and false are only equal or not')
  if (op !== 'in') return valueOf(scalar, value, at)
  const values = isArray(value) ? [...value.values()] : typeof value === 'string' ? value.split(',') : []
  return values.map(each => valueOf(scalar, each, at))
}

const patterns: Readonly<Partial<Record<Scalar, readonly [RegExp, string]>>> = {
  Boolean: [/^(true|false|1|0)$/, 'true or false'],
  Int: [/^-?\d{1,10}$/, 'a whole number'],
  Float: [/^-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/, 'a number'],
  Decimal: [/^[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})$/, 'a decimal number'],
  DateTime: [
    /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/,
    'a moment such as 2030-03-04T10:30:00Z',
  ],
  Date: [/^\d{4}-\d\d-\d\d$/, 'a day such as 2030-03-04'],
  Time: [/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, 'a time of day such as 10:30:00'],
}

function valueOf(scalar: Scalar, value: PhpValue, at: string): unknown {
  if (typeof value !== 'string' || value.includes('\0')) throw badParameter(at, 'Give one value')
  const [pattern, expected] = patterns[scalar] ?? []
  if (pattern && !pattern.test(value)) throw badParameter(at, `Expected ${expected ?? 'a value'}`)
  if (scalar === 'Boolean') return value === 'true' || value === '1'
  if (scalar === 'Int' && Math.abs(Number(value)) > 2_147_483_647) throw badParameter(at, 'The number is too large')
  if (scalar === 'Int' || scalar === 'Float') return Number(value)
  return value
}
