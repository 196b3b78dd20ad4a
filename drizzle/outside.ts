import type { OutgoingRules } from '../schema/public-address.ts'
import type { Context } from './context.ts'
import type { Secrets } from './secrets.ts'

/** What dealing with other services needs, beside the database. */
export type Outside = {
  /** Seals what they trust us with. */
  readonly secrets: Secrets
  /** Where they may be. */
  readonly rules: OutgoingRules
  /** Where they find us: the address without a path. */
  readonly publicUrl: string
  /** Asks the graph as the principal of a context. The operation is kept by its identity. */
  readonly ask: (
    operation: { readonly text: string; readonly name: string },
    variables: Readonly<Record<string, unknown>>,
    ctx: Context,
  ) => Promise<{
    readonly data?: unknown
    readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
  }>
}

/** @throws Error  the context was made where nobody deals with other services */
export function outsideOf({ outside }: Context): Outside {
  if (!outside) throw new Error('This process deals with no other services')
  return outside
}
