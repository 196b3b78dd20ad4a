/** One version of an API. */
export type Version = {
  readonly name: string
  /** The day of its release, which stands for it: a client may ask for what was newest on a day. */
  readonly since: string
  /** Whether it is no longer served. */
  readonly isRetired?: boolean
}

/** SuiteCRM 7.15's REST V8, as recorded. */
export const legacyV8 = { name: '8.0', since: '2025-06-30' } as const satisfies Version

/** REST V8 as JSON:API 1.1 has it. */
export const cleanV8 = { name: '8.1', since: '2026-11-22' } as const satisfies Version

/** The versions of REST V8 that an API client can be pinned to, in the order of their release. */
export const v8VersionNames: readonly string[] = [legacyV8.name, cleanV8.name]
