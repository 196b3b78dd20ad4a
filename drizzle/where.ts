import { HouseError } from '../schema/errors.ts'
import { isStored, type Field, type FieldKind } from '../schema/field.ts'
import type { Comparison, Filter, FilterValue, Operand } from '../schema/filter.ts'
import { fieldOf, type Module } from '../schema/module.ts'
import { isConcealed } from './concealed.ts'
import { expressionOf } from './expression.ts'
import { literal } from './names.ts'
import type { Sight } from './scope.ts'
import { momentKey, textKey } from './tables/records.ts'

/** How values of a kind are compared: as text without case, as moments, or as they are. */
export type Comparing = 'folded' | 'moment' | 'exact'

const comparingByKind = {
  id: 'exact',
  name: 'folded',
  user_name: 'folded',
  fullname: 'folded',
  varchar: 'folded',
  text: 'folded',
  longtext: 'folded',
  emailbody: 'folded',
  phone: 'folded',
  url: 'folded',
  email: 'folded',
  enum: 'folded',
  dynamicenum: 'folded',
  multienum: 'folded',
  parent_type: 'folded',
  bool: 'exact',
  int: 'exact',
  float: 'exact',
  currency: 'exact',
  date: 'moment',
  datetime: 'moment',
  datetimecombo: 'moment',
  time: 'exact',
  relate: 'folded',
  assigned_user_name: 'exact',
  parent: 'folded',
  link: 'exact',
  file: 'folded',
  image: 'folded',
  function: 'folded',
  readonly: 'folded',
  none: 'folded',
} satisfies Record<FieldKind, Comparing>

/** How a field is compared. What the column holds decides before the kind does. */
export function comparingOf(field: Field): Comparing {
  if (field.db === 'varchar') return 'folded'
  if (field.db !== undefined) return field.db === 'datetime' ? 'moment' : 'exact'
  return comparingByKind[field.kind]
}

/**
 * The structure of a filter without its values. Filters of one shape share one prepared statement.
 */
export function shapeOfFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `${filter.kind}(${filter.of.map(shapeOfFilter).join(',')})`
    case 'not':
      return `not(${shapeOfFilter(filter.of)})`
    case 'compare':
      return `${shapeOfOperand(filter.operand)} ${filter.op}`
    case 'in':
      return `${shapeOfOperand(filter.operand)} in`
    case 'null':
      return `${shapeOfOperand(filter.operand)} ${filter.isNull ? 'is' : 'not'}`
  }
}

const shapeOfOperand = (operand: Operand) =>
  'field' in operand ? operand.field : JSON.stringify(operand.concat.map(part => ('field' in part ? part.field : '')))

/** The values of a filter in the order in which its SQL asks for them. */
export function valuesOfFilter(filter: Filter, into: unknown[] = []): unknown[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      for (const part of filter.of) valuesOfFilter(part, into)
      break
    case 'not':
      valuesOfFilter(filter.of, into)
      break
    case 'compare':
      valuesOfOperand(filter.operand, into)
      into.push(filter.value)
      break
    case 'in':
      valuesOfOperand(filter.operand, into)
      into.push(filter.values)
      break
    case 'null':
      valuesOfOperand(filter.operand, into)
      break
  }
  return into
}

function valuesOfOperand(operand: Operand, into: unknown[]) {
  if ('concat' in operand) for (const part of operand.concat) if ('text' in part) into.push(part.text)
}

/** Hands out the next parameter: `$1`, `$2`, ... */
export type NextParameter = () => string

/**
 * The SQL condition of a filter on the row that `alias` stands for; it asks for its values in the order of
 * {@link valuesOfFilter}.
 *
 * @throws INVALID    the module has no such field, or it cannot be compared
 * @throws FORBIDDEN  the principal may not see the field, so it may not learn its value by asking either
 */
export function whereOf(sight: Sight, module: Module, filter: Filter, alias: string, next: NextParameter): string {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const parts = filter.of.map(part => whereOf(sight, module, part, alias, next))
      if (parts.length === 0) return filter.kind === 'and' ? 'true' : 'false'
      return `(${parts.join(` ${filter.kind} `)})`
    }
    case 'not':
      return `not (${whereOf(sight, module, filter.of, alias, next)})`
    case 'compare':
    case 'in':
    case 'null':
      return condition(sight, module, filter, alias, next)
  }
}

type Condition = Extract<Filter, { operand: Operand }>

function condition(sight: Sight, module: Module, filter: Condition, alias: string, next: NextParameter): string {
  const { operand } = filter
  if ('concat' in operand) {
    const parts = operand.concat.map(part =>
      'text' in part ? `${next()}::text` : `${comparable(sight, module, part.field, alias).expression}::text`,
    )
    return test(filter, { expression: `concat(${parts.join(', ')})`, comparing: 'folded', isColumn: false }, next)
  }
  const { expression, field } = comparable(sight, module, operand.field, alias)
  if (operand.field === 'email1' && filter.kind !== 'null') return anyAddress(module, filter, alias, next)
  const subject = { expression, comparing: comparingOf(field), isColumn: isStored(field) }
  return test(filter, subject, next)
}

function comparable(sight: Sight, module: Module, name: string, alias: string) {
  const field = fieldOf(module, name)
  const expression = field && expressionOf(sight, module, name, alias)
  if (!expression) {
    throw new HouseError('INVALID', `${module.name} has no field ${name} to filter by`, {
      module: module.name,
      field: name,
    })
  }
  if (isConcealed(sight, module, name)) throw fieldForbidden(module, name)
  return { field, expression }
}

/** The principal asks for what roles hide from it. */
export const fieldForbidden = (module: Module, field: string) =>
  new HouseError('FORBIDDEN', `You may not see the field ${field} of ${module.name}`, { module: module.name, field })

/** A record is found by any of its e-mail addresses, not only by the primary one. */
const anyAddress = (module: Module, filter: Condition, alias: string, next: NextParameter) =>
  `${alias}.id in (select eabr.bean_id from email_addr_bean_rel eabr join email_addresses ea on ea.id = eabr.email_address_id and not ea.deleted where eabr.bean_module = ${literal(module.name)} and not eabr.deleted and ${test(filter, address, next)})`

const address: Subject = { expression: 'ea.email_address', comparing: 'folded', isColumn: true }

const operators = { eq: '=', neq: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=', like: 'like' } satisfies Record<
  Comparison,
  string
>

/** What is tested: SQL, how it compares, and whether it is a column, which may have an index by its key. */
type Subject = { readonly expression: string; readonly comparing: Comparing; readonly isColumn: boolean }

function test(filter: Condition, subject: Subject, next: NextParameter): string {
  const { expression, comparing, isColumn } = subject
  if (filter.kind === 'null') return `${expression} is ${filter.isNull ? '' : 'not '}null`
  if (comparing !== 'folded') {
    if (filter.kind === 'in') return `${expression} = any (${next()})`
    if (filter.op === 'like') return `${expression}::text like ${next()}`
    if (comparing === 'exact' || !isColumn) return `${expression} ${operators[filter.op]} ${next()}`
    return `(${momentKey(expression)} ${operators[filter.op]} ${next()} and ${expression} is not null)`
  }
  const key = isColumn ? textKey(expression) : `(lower(${expression}) collate "C")`
  const condition =
    filter.kind === 'in'
      ? `${key} = any (array (select lower(v) from unnest(${next()}::text[]) v))`
      : `${key} ${operators[filter.op]} lower(${next()}::text)`
  return isColumn ? `(${condition} and ${expression} is not null)` : condition
}

/** A comparison of one field with a value. */
export const compare = (field: string, op: Comparison, value: FilterValue): Filter => ({
  kind: 'compare',
  operand: { field },
  op,
  value,
})
