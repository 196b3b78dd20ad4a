import type { RestContext } from '../context.ts'
import type { PhpArray } from './php-array.ts'
import { readStyle, type ReadStyle } from './values.ts'
import type { Views } from './views.ts'

/** What a handler works with: one authenticated request whose route is known. */
export type Call = {
  readonly context: RestContext
  readonly views: Views
  /** The path as clients see it in links: `V8/module/Accounts`. */
  readonly path: string
  readonly query: PhpArray
  /** Everything that was sent, merged as SuiteCRM merges it: path, then query, then body. */
  readonly sent: PhpArray
  readonly style: ReadStyle
  /** Revokes the token of the request. */
  readonly logout: () => Promise<void>
}

export type CallParts = Omit<Call, 'style' | 'sent'> & { readonly route: PhpArray; readonly body?: PhpArray }

export const makeCall = ({ route, body, ...call }: CallParts): Call => ({
  ...call,
  sent: new Map([...route, ...call.query, ...(body ?? [])]),
  style: readStyle(call.context.principal.dateStyle),
})
