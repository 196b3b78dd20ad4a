import sqlParser from 'node-sql-parser/build/mariadb.js'
import { isObject } from './arguments.ts'

/** A node of the parser's tree. Its own types promise more than it keeps, so nodes are looked at member by member. */
export type SqlNode = Readonly<Record<string, unknown>>

/** A construct that stands in a fragment and cannot be answered; named in the log, never to the client. */
export class Untranslatable extends Error {
  override readonly name = 'Untranslatable'
}

export function refuse(construct: string): never {
  throw new Untranslatable(construct)
}

const parser = new sqlParser.Parser()

/** Longer conditions than any client writes; the parser's time grows with them. */
const lengthMax = 50_000
export const depthMax = 40
/** ANDs and ORs. */
const jointsMax = 2000

/**
 * Parses a condition as MariaDB would read it behind WHERE.
 *
 * @throws Untranslatable  no condition, or more than one: comments, other clauses, several statements
 */
export function parseCondition(fragment: string): SqlNode {
  if (fragment.length > lengthMax) refuse('a condition of this length')
  const hidden = commentIn(fragment)
  if (hidden !== undefined) refuse(hidden)
  const depth = nesting(fragment)
  if (depth === undefined) refuse('a parenthesis too many')
  if (depth > depthMax) refuse('a condition nested this deeply')
  if ((fragment.match(/\b(?:and|or)\b|&&|\|\|/gi)?.length ?? 0) > jointsMax) refuse('a condition of this length')

  const select = selectOf(`SELECT 1 FROM t WHERE (${quoteKept(fragment)}\n)`)
  const extra = Object.entries(select).find(([key, value]) => isClause(key, value))
  if (extra) refuse(extra[0])
  return isObject(select.where) ? select.where : refuse('no condition')
}

function selectOf(statement: string): SqlNode {
  const parsed: unknown = tryParse(statement)
  const [select, ...others]: unknown[] = Array.isArray(parsed) ? parsed : [parsed]
  if (others.length > 0) refuse('several statements')
  return isObject(select) && select.type === 'select' ? select : refuse('no condition')
}

function tryParse(statement: string): unknown {
  try {
    return parser.astify(statement, { database: 'MariaDB' })
  } catch {
    return refuse('syntax')
  }
}

/** Clauses of a statement beyond `SELECT 1 FROM t WHERE`; the parser gives absent ones as null or with null members. */
function isClause(key: string, value: unknown): boolean {
  if (['type', 'columns', 'from', 'where', 'tableList', 'columnList'].includes(key)) return false
  if (value === null || value === undefined) return false
  if (isObject(value)) return Object.values(value).some(member => member !== null && member !== undefined)
  return !Array.isArray(value) || value.length > 0
}

const outsideText = /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`[^`]*`|--|#|\/\*|;|:=/g

/** Comments hide what a parser reads from what a database would; SuiteCRM refuses them too. */
function commentIn(fragment: string): string | undefined {
  for (const [token] of fragment.matchAll(outsideText)) if (!/^['"`]/.test(token)) return `${token} outside of text`
  return undefined
}

/** A name in MariaDB that the parser keeps for itself stands in quotes, so that it reads it. */
const quoteKept = (fragment: string) =>
  fragment.replace(/'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|(?<![\w.`])status(?![\w`])/gi, token =>
    /^status$/i.test(token) ? `\`${token}\`` : token,
  )

/** How deep parentheses go; undefined where one closes that was not opened. */
function nesting(fragment: string): number | undefined {
  let depth = 0
  let deepest = 0
  for (const [token] of fragment.matchAll(/'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|[()]/g)) {
    if (token === '(') deepest = Math.max(deepest, ++depth)
    else if (token === ')' && --depth < 0) return undefined
  }
  return deepest
}

/** What stands between the quotes of a text, as MariaDB reads it. `\%` and `\_` stay for LIKE. */
export function unquote(raw: string, quote: "'" | '"'): string {
  const pattern = quote === "'" ? /''|\\([\s\S])/g : /""|\\([\s\S])/g
  const text = raw.replace(pattern, (whole, escaped?: string) => {
    if (escaped === undefined) return quote
    if (escaped === '%' || escaped === '_') return whole
    return escapes[escaped] ?? escaped
  })
  return text.includes('\0') ? refuse('NUL') : text
}

const escapes: Readonly<Record<string, string>> = { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' }

/**
 * The operands of a chain of AND and OR, grouped as SQL binds them.
 *
 * The parser gives `a OR b AND c` as `(a OR b) AND c`, from left to right (node-sql-parser 5.4, its MySQL dialects).
 * Parentheses of the text are marked on the nodes, so the chain can be taken apart and put together again.
 */
export function alternatives(node: SqlNode): readonly (readonly SqlNode[])[] {
  const groups: SqlNode[][] = [[]]
  for (const { joint, operand } of chain(node)) {
    if (joint === 'OR') groups.push([])
    groups.at(-1)?.push(operand)
  }
  return groups
}

type Joint = 'AND' | 'OR'

/** The operands as they stand in the text. */
function chain(node: SqlNode): readonly { readonly joint?: Joint; readonly operand: SqlNode }[] {
  const links: { joint?: Joint; operand: SqlNode }[] = []
  const open: SqlNode[] = []
  let joint: Joint | undefined
  for (let next: unknown = node; ;) {
    while (isObject(next) && isJoined(next) && (next === node || next.parentheses !== true)) {
      open.push(next)
      next = next.left
    }
    if (!isObject(next)) return refuse('syntax')
    links.push({ joint, operand: next })
    const parent = open.pop()
    if (!parent) return links
    joint = parent.operator === 'OR' ? 'OR' : 'AND'
    next = parent.right
  }
}

const isJoined = ({ type, operator }: SqlNode) => type === 'binary_expr' && (operator === 'AND' || operator === 'OR')
