import { LRUCache } from 'lru-cache'
import type { Catalog } from '../schema/catalog.ts'
import { HouseError } from '../schema/errors.ts'
import { extended } from './client.ts'
import type { Context } from './context.ts'
import { userMark } from './scope.ts'
import type { Row } from './select.ts'
import type { NextParameter } from './where.ts'

/** The SQL of a shape. A text that comes again is prepared: PostgreSQL then keeps its plan with the connection. */
export type Statement = {
  readonly text: string
  /** Its last parameter is the principal's id. */
  readonly takesUser: boolean
  uses: number
  prepared: boolean
}

const statements = new WeakMap<Catalog, LRUCache<string, Statement>>()

/** A client can ask for any set of fields; what it asks for once or twice must not stay in the database's memory. */
const usesBeforePreparing = 2
const preparedMax = 1_000
let preparedCount = 0

/** The statement of a shape under what the principal may see: two with the same rights share it. */
export function statement(
  { catalog, access }: Context,
  shape: string,
  make: (next: NextParameter) => string,
): Statement {
  let known = statements.get(catalog)
  if (!known) statements.set(catalog, (known = new LRUCache({ max: 2_000 })))
  const key = access.shape === '' && access.isFull ? shape : `${access.shape} ${shape}`
  const found = known.get(key)
  if (found) return found
  let count = 0
  const text = make(() => `$${++count}`)
  const takesUser = text.includes(userMark)
  const made = {
    text: takesUser ? text.replaceAll(userMark, () => `$${count + 1}::text`) : text,
    takesUser,
    uses: 0,
    prepared: false,
  }
  known.set(key, made)
  return made
}

/** Has a value a NUL character, which PostgreSQL's text cannot hold? */
export const hasNul = (value: unknown): boolean =>
  typeof value === 'string' ? value.includes('\0') : Array.isArray(value) && value.some(hasNul)

/** @throws BAD_REQUEST  a value has a NUL character */
export async function send(ctx: Context, statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
  if (values.some(hasNul)) throw new HouseError('BAD_REQUEST', 'Text cannot contain a NUL character')
  if (!statement.prepared && ++statement.uses > usesBeforePreparing && preparedCount < preparedMax) {
    statement.prepared = true
    preparedCount += 1
  }
  const all = statement.takesUser ? [...values, ctx.access.userId] : values
  return ctx.sql.unsafe<Row[]>(statement.text, all as never[], extended(statement.prepared))
}
