import type { Deprecation } from './deprecation.ts'

/** Something that was used and will go. */
export type Deprecated = {
  /** As people who know the modules call it: `Accounts.phone_office`; else as the graph does. */
  readonly name: string
  /** Where the graph defines it: `Account.phone_office`, `Query.accounts(offset:)`, `Direction.ASC`. */
  readonly coordinate: string
  /** What to use instead. */
  readonly reason: string
  /** Of a field of a module: since when, and until when. */
  readonly deprecation?: Deprecation
}

/**
 * What an operation uses of what exists: `Accounts.phone_office` for a field of a module, however it is used (read,
 * filtered or sorted by, written), `Query.accounts` and `ApiClient.name` for what the graph has besides.
 *
 * Operations that use the same share one object, so it can be counted by its identity.
 */
export type Used = {
  readonly names: ReadonlySet<string>
  readonly deprecated: readonly Deprecated[]
}
