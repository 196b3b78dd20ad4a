import type { Version } from '../schema/versions.ts'

/** What becomes of clients that ask for a version that is no longer served: the oldest that is, or nothing. */
export type TooOld = 'forward' | 'gone'

/** What the operator wants of clients. */
export type VersionPolicy = {
  readonly tooOld: TooOld
  /** Whether changes must name the version of the record that they were made from. */
  readonly ifMatch: 'optional' | 'required'
  /** So many operations may come in one request to version 8.1. */
  readonly operationsMax: number
}

export type Wish = {
  /** The header `API-Version`. */
  readonly asked: string | undefined
  /** What the API client was pinned to. */
  readonly pinned: string | undefined
}

export type Choice<V> =
  | { readonly kind: 'chosen'; readonly version: V; readonly insteadOf?: string }
  | { readonly kind: 'gone'; readonly version: V; readonly insteadOf: string }
  | { readonly kind: 'unknown'; readonly asked: string }

/**
 * The version that answers: the one asked for, else the one that the client was pinned to, else the first.
 *
 * @param versions  in the order of their release; one of them is served
 * @param today  `2030-03-04`; what was newest on a day to come is not known
 */
export function chooseVersion<V extends Version>(
  versions: readonly V[],
  { asked, pinned }: Wish,
  tooOld: TooOld,
  today: string,
): Choice<V> {
  const oldest = versions.find(({ isRetired }) => !isRetired)
  if (!oldest) throw new Error('No version is served')
  const wish = asked?.trim() || pinned
  if (wish === undefined) return { kind: 'chosen', version: oldest }
  const isDay = /^\d{4}-\d\d-\d\d$/.test(wish)
  if (isDay && wish > today) return { kind: 'unknown', asked: wish }
  const found = isDay ? versions.findLast(({ since }) => since <= wish) : versions.find(({ name }) => name === wish)
  if (found && !found.isRetired) return { kind: 'chosen', version: found }
  if (!found && !isDay) return { kind: 'unknown', asked: wish }
  return { kind: tooOld === 'gone' ? 'gone' : 'chosen', version: oldest, insteadOf: wish }
}

/** What an answer says of versions. Two where another answers than was asked for. */
export const versionHeaders = (name: string, insteadOf: string | undefined): Readonly<Record<string, string>> =>
  insteadOf === undefined
    ? { 'api-version': name }
    : { 'api-version': name, 'api-version-requested': headerText(insteadOf) }

/** What came in a header goes out in one, unless it has no place there. */
const headerText = (text: string) => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
