import type { Catalog } from '../../schema/catalog.ts'
import type { Module } from '../../schema/module.ts'
import type { RestContext } from '../context.ts'
import type { Answer } from '../v8/answer.ts'
import type { PhpArray } from '../v8/php-array.ts'
import { badParameter, problem } from './problem.ts'
import type { Shape, ShapeOf } from './shape.ts'

/** What a handler works with: one authenticated request whose route is known. */
export type Call = {
  readonly context: RestContext
  readonly catalog: Catalog
  readonly shapeOf: ShapeOf
  /** The address of the API as the client wrote it, `/Api/V8`, and of the request below it. */
  readonly base: string
  readonly path: string
  readonly route: ReadonlyMap<string, string>
  readonly query: PhpArray
  readonly rawQuery: string
  /** Parsed JSON; undefined when nothing was sent. */
  readonly body: unknown
  /** The body as it came, for routes that take no JSON:API. */
  readonly sent: { readonly bytes: Buffer; readonly contentType: string }
  readonly ifMatch: string | undefined
  /** Must changes say which version of the record they were made from? */
  readonly requiresIfMatch: boolean
  /** So many operations may come at once. */
  readonly operationsMax: number
  readonly isRehearsal: boolean
  /** Revokes the token of the request. */
  readonly logout: () => Promise<void>
}

export type Handle = (call: Call) => Promise<Answer>

/** The module that the path names. @throws Problem  NOT_FOUND */
export function moduleOf({ catalog, route }: Call): Module {
  const name = route.get('moduleName') ?? ''
  const module = catalog.byAlias.get(name)
  if (!module) throw problem('NOT_FOUND', `There is no module ${name}`)
  return module
}

export const idOf = ({ route }: Call) => route.get('id') ?? ''

/** The link that the path names. @throws Problem  NOT_FOUND */
export function linkOf({ route }: Call, { module, links }: Shape) {
  const name = route.get('linkFieldName') ?? ''
  const link = links.get(name)
  if (!link) throw problem('NOT_FOUND', `${module.name} has no relationship ${name}`)
  return link
}

/** @throws Problem  BAD_REQUEST: a parameter that the operation does not know */
export function allowParameters({ query }: Call, ...known: readonly string[]): void {
  for (const name of query.keys())
    if (!known.includes(name))
      throw badParameter(name, known.length > 0 ? `The parameters are ${known.join(', ')}` : 'There are no parameters')
}
