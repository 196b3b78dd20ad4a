import type { Catalog } from '../../schema/catalog.ts'
import type { Operand } from '../../schema/filter.ts'
import { scalarOf, type Scalar } from '../../schema/graphql-types.ts'
import type { Module } from '../../schema/module.ts'
import { isObject, itemsOf } from './arguments.ts'
import { isReadable } from './fields.ts'
import type { Literal } from './literal.ts'
import { refuse, unquote, type SqlNode } from './sql.ts'

/** What stands on one side of a comparison. */
export type Side =
  | { readonly kind: 'literal'; readonly value: Literal }
  | {
      readonly kind: 'operand'
      readonly operand: Operand
      readonly scalar: Scalar
      /** `IFNULL(field, '')`: nothing counts as empty text. */
      readonly orEmpty: boolean
      /** The fields that a made text is made of, which is NULL where one of them is. */
      readonly needs: readonly string[]
    }

/** Which fields a condition may name, and by which SQL names. */
export type Columns = { readonly find: (table: string | undefined, column: string) => { name: string; scalar: Scalar } }

/** The columns of a module's own table and of the one with its custom fields; without a table, also its names. */
export function columnsOfModule(catalog: Catalog, module: Module): Columns {
  const own = new Set([module.table, `${module.table}_cstm`])
  return {
    find: (table, column) => {
      if (table !== undefined && !own.has(table)) refuse(`table ${table}`)
      const asId = table?.endsWith('_cstm') && column === 'id_c'
      const name = asId ? 'id' : [column, column.toLowerCase()].find(known => isReadable(catalog, module, known))
      if (name === undefined || name === 'user_hash') return refuse(`column ${column}`)
      return { name, scalar: scalarOf(catalog, module, name) }
    },
  }
}

/**
 * Reads one side of a comparison: a constant, a column, or a text made of both.
 *
 * @throws Untranslatable  anything else
 */
export function sideOf(node: unknown, columns: Columns): Side {
  if (!isObject(node)) return refuse('syntax')
  switch (node.type) {
    case 'single_quote_string':
    case 'double_quote_string':
      return literal(textOf(node))
    case 'number':
    case 'bool':
      return literal(node.value as number | boolean)
    case 'null':
      return literal(null)
    case 'column_ref': {
      const { name, scalar } = columnOf(node, columns)
      return { kind: 'operand', operand: { field: name }, scalar, orEmpty: false, needs: [] }
    }
    case 'function':
      return functionOf(node, columns)
    default:
      return refuse(node.ast === undefined ? String(node.type) : 'a sub-select')
  }
}

const literal = (value: Literal): Side => ({ kind: 'literal', value })

function textOf(node: SqlNode): string {
  if (node.prefix !== undefined || typeof node.value !== 'string') return refuse('a text with a character set')
  if (isObject(node.escape) && !isBackslash(node.escape.value)) refuse('ESCAPE')
  return unquote(node.value, node.type === 'single_quote_string' ? "'" : '"')
}

const isBackslash = (node: unknown) => isObject(node) && (node.value === '\\' || node.value === '\\\\')

export function columnOf(node: SqlNode, columns: Columns) {
  if (isObject(node.collate)) refuse('COLLATE')
  if (typeof node.db === 'string') refuse('a column of another database')
  const table = isObject(node.table) ? node.table.value : node.table
  const column = isObject(node.column) ? nameIn(node.column) : node.column
  if (typeof column !== 'string') return refuse('syntax')
  return columns.find(typeof table === 'string' ? table : undefined, column)
}

const nameIn = (column: SqlNode) => (isObject(column.expr) ? column.expr.value : column.value)

/** The name of a function, upper case. */
export function functionName(node: SqlNode): string {
  const [part] = isObject(node.name) ? itemsOf(node.name.name) : []
  return isObject(part) ? String(part.value).toUpperCase() : ''
}

export const argumentsOf = (node: SqlNode): readonly unknown[] => (isObject(node.args) ? itemsOf(node.args.value) : [])

/** Text compares without case, so LOWER and UPPER change nothing. */
function functionOf(node: SqlNode, columns: Columns): Side {
  const name = functionName(node)
  const given = argumentsOf(node)
  const [first, second] = given
  if (['LOWER', 'UPPER', 'LCASE', 'UCASE'].includes(name) && given.length === 1) return textual(sideOf(first, columns))
  if (['IFNULL', 'COALESCE'].includes(name) && given.length === 2)
    return orEmpty(sideOf(first, columns), sideOf(second, columns))
  if (name === 'CONCAT' && given.length > 0) return concat(given.map(part => sideOf(part, columns)))
  return refuse(`function ${name}`)
}

function textual(side: Side): Side {
  if (side.kind === 'operand' && side.scalar !== 'String' && side.scalar !== 'ID') refuse('the case of what is no text')
  return side
}

function orEmpty(side: Side, otherwise: Side): Side {
  if (side.kind !== 'operand' || otherwise.kind !== 'literal' || otherwise.value !== '') return refuse('IFNULL')
  return { ...side, orEmpty: true }
}

type Part = { readonly field: string } | { readonly text: string }

function concat(sides: readonly Side[]): Side {
  const parts = sides.flatMap(partsOf)
  const texts = parts.flatMap(part => ('text' in part ? [part.text] : []))
  if (texts.length === parts.length) return literal(texts.join(''))
  const needs = sides.flatMap(side => (side.kind === 'operand' ? needsOf(side) : []))
  return { kind: 'operand', operand: { concat: parts }, scalar: 'String', orEmpty: false, needs }
}

function partsOf(side: Side): readonly Part[] {
  if (side.kind === 'literal') return side.value === null ? refuse('CONCAT of NULL') : [{ text: String(side.value) }]
  return 'field' in side.operand ? [side.operand] : side.operand.concat
}

function needsOf({ operand, orEmpty, needs }: Extract<Side, { kind: 'operand' }>): readonly string[] {
  if ('concat' in operand && orEmpty) return refuse('IFNULL of a made text')
  return 'field' in operand && !orEmpty ? [operand.field] : needs
}
