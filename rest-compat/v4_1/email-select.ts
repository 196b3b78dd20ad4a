import type { Filter } from '../../schema/filter.ts'
import { isObject, itemsOf } from './arguments.ts'
import { comparison, membership, type Literal } from './literal.ts'
import { columnOf, sideOf, type Columns } from './operand.ts'
import type { Scope } from './query.ts'
import { alternatives, refuse, type SqlNode } from './sql.ts'
import { always, never, type Truth } from './truth.ts'

/**
 * The sub-select by which clients find records by e-mail address:
 *
 *     contacts.id IN (SELECT eabr.bean_id FROM email_addr_bean_rel eabr JOIN email_addresses ea
 *       ON ea.id = eabr.email_address_id WHERE eabr.deleted = 0 AND ea.email_address LIKE '%x%')
 *
 * The filter's field `email1` finds a record by any of its addresses, which is just that.
 */
export const isEmailSelect = (list: unknown): boolean => selectIn(list) !== undefined

function selectIn(list: unknown): SqlNode | undefined {
  const [only, ...others] = isObject(list) ? itemsOf(list.value) : []
  return others.length === 0 && isObject(only) && isObject(only.ast) ? only.ast : undefined
}

export function throughEmail(node: SqlNode, scope: Scope): Truth {
  const select = selectIn(node.right)
  const left =
    isObject(node.left) && node.left.type === 'column_ref' ? columnOf(node.left, scope.columns).name : undefined
  if (!select || left !== 'id') return refuse('a sub-select')
  const from = itemsOf(select.from).filter(isObject)
  const tables = new Map(from.map(({ table, as }) => [String(as ?? table), String(table)]))
  if (![...tables.values()].every(table => table === 'email_addr_bean_rel' || table === 'email_addresses')) {
    refuse(`a sub-select from ${[...tables.values()].join()}`)
  }
  const clause = ['distinct', 'groupby', 'having', 'orderby', 'limit', '_next'].find(key => isGiven(select[key]))
  if (clause !== undefined && clause !== 'distinct') refuse(`a sub-select with ${clause}`)

  const columns = emailColumns(tables)
  const [column, ...others] = itemsOf(select.columns)
  if (others.length > 0 || nameOf(isObject(column) ? column.expr : undefined, columns) !== 'bean_id') {
    refuse('a sub-select of other columns')
  }
  const conditions = [...from.map(({ on }) => on), select.where].filter(isObject).flatMap(conjuncts)
  const found = conditions.map(part => testOf(part, columns, scope))
  const isJoined = found.includes('joined')
  const tests = found.filter(test => typeof test === 'object')
  const addresses = tests.filter(test => test !== always && test !== never)
  if (!isJoined || tables.size !== 2 || addresses.length !== 1) return refuse('a sub-select without one address')
  const yes = tests.includes(never) ? never : (addresses[0] ?? never)
  return { yes, no: { kind: 'not', of: yes } }
}

const isGiven = (value: unknown): boolean =>
  value !== null &&
  value !== undefined &&
  (!isObject(value) || Object.values(value).some(member => member !== null && member !== undefined))

const conjuncts = (node: SqlNode): readonly SqlNode[] => {
  const groups = alternatives(node)
  const [group] = groups
  if (groups.length > 1 || !group) return [node]
  return group.flatMap(part => (part === node ? [part] : conjuncts(part)))
}

const known = new Set(
  'bean_id bean_module email_address_id primary_address deleted id email_address email_address_caps'.split(' '),
)

const emailColumns = (tables: ReadonlyMap<string, string>): Columns => ({
  find: (table, column) => {
    if (table !== undefined && !tables.has(table)) refuse(`table ${table}`)
    const name = column.toLowerCase()
    if (!known.has(name)) refuse(`column ${column}`)
    return { name, scalar: name === 'deleted' || name === 'primary_address' ? 'Boolean' : 'String' }
  },
})

const nameOf = (node: unknown, columns: Columns) =>
  isObject(node) && node.type === 'column_ref' ? columnOf(node, columns).name : undefined

/** A test on the address, `always` for what holds anyway, or the condition that joins the two tables. */
function testOf(node: SqlNode, columns: Columns, scope: Scope): Filter | 'joined' {
  const groups = alternatives(node)
  if (groups.length > 1) return { kind: 'or', of: groups.map(group => onlyAddress(group, columns, scope)) }
  const pair = [nameOf(node.left, columns), nameOf(node.right, columns)]
  if (node.operator === '=' && pair.includes('email_address_id') && pair.includes('id')) return 'joined'

  const [name] = pair.filter(side => side !== undefined)
  const values = literalsOf(node, columns)
  switch (name) {
    case 'bean_module': {
      const modules = values.map(value => String(value).toLowerCase())
      return isEquality(node)
        ? modules.includes(scope.module.name.toLowerCase())
          ? always
          : never
        : refuse('bean_module')
    }
    case 'deleted':
      return isEquality(node) && values.length === 1 && Number(values[0]) === 0 ? always : refuse('deleted addresses')
    case 'email_address':
    case 'email_address_caps':
      return addressTest(node, values)
    default:
      return refuse(`${name ?? 'a condition'} in a sub-select`)
  }
}

function onlyAddress(group: readonly SqlNode[], columns: Columns, scope: Scope): Filter {
  const [only, ...others] = group
  const test = only && others.length === 0 ? testOf(only, columns, scope) : undefined
  return test === undefined || test === 'joined' || test === always || test === never
    ? refuse('alternatives in a sub-select')
    : test
}

const isEquality = (node: SqlNode) => node.operator === '=' || node.operator === 'IN'

function literalsOf(node: SqlNode, columns: Columns): readonly Literal[] {
  const sides = [node.left, node.right].filter(side => nameOf(side, columns) === undefined)
  return sides.flatMap(side => {
    const items = isObject(side) && side.type === 'expr_list' ? itemsOf(side.value) : [side]
    return items.map(item => {
      const literal = sideOf(item, columns)
      return literal.kind === 'literal' ? literal.value : refuse('a column in a sub-select')
    })
  })
}

const operand = { field: 'email1' }

function addressTest(node: SqlNode, values: readonly Literal[]): Filter {
  const [value = null] = values
  switch (node.operator) {
    case 'IN':
      return membership(operand, 'String', values).yes
    case '=':
      return comparison(operand, 'String', 'eq', value).yes
    case 'LIKE':
      return comparison(operand, 'String', 'like', value).yes
    default:
      return refuse(`${String(node.operator)} in a sub-select`)
  }
}
