/** That something will go, and what then. */
export type Deprecation = {
  /** The day from which nothing new should use it: `2027-01-01`. */
  readonly since: string
  /** The day from which it may no longer be there. */
  readonly sunset?: string
  /** What to use instead. */
  readonly reason: string
  /** Where people read more, if not at /docs/deprecations. */
  readonly link?: string
}

/** Words for people who meet it in a schema. */
export const wordsFor = ({ reason, sunset }: Deprecation) =>
  sunset === undefined ? reason : `${reason} It may be gone from ${sunset} on.`
