import { z } from 'zod'

/**
 * A rule about points: `limit` of them in any `windowS` seconds on the long run, and `size` at once.
 *
 * @see README.md in this folder, which says how far a sliding window can exceed it
 */
export type Policy = {
  readonly name: string
  /** 0 lets nothing through. */
  readonly limit: number
  readonly windowS: number
  /** How many points may be spent at once, 1 to `limit`. */
  readonly size: number
}

/** What one caller may spend. `unlimited` is a word, so that nobody finds out the hard way what 0 means. */
export type Allowance = {
  /** Points a second. */
  readonly burst: Bound
  /** Points a minute. */
  readonly sustained: Bound
  /** Points in 24 hours. */
  readonly daily: Bound
  /** Calls under way at the same time in one process. */
  readonly concurrent: Bound
}

export type Bound = number | 'unlimited'

export const boundNames = ['burst', 'sustained', 'daily', 'concurrent'] as const
export type BoundName = (typeof boundNames)[number]

export const boundMax = 1_000_000_000

/** Kinds of callers that share defaults: people in front of a screen, programs, and programs that move much at once. */
export const callerClasses = ['ui', 'machine', 'bulk'] as const
export type CallerClass = (typeof callerClasses)[number]

/** The share of a second's points that may come in one instant: a sliding second then holds at most 1.2 x the limit. */
const burstShare = 0.2

/** The rules about points in an allowance, the shortest window first. */
export function policiesOf({ burst, sustained, daily }: Allowance): Policy[] {
  return [
    ...(burst === 'unlimited'
      ? []
      : [{ name: 'burst', limit: burst, windowS: 1, size: Math.max(1, Math.ceil(burst * burstShare)) }]),
    ...wholeWindow('sustained', sustained, 60),
    ...wholeWindow('daily', daily, 86_400),
  ]
}

/** A policy whose limit may be spent in one instant. */
export const wholeWindow = (name: string, limit: Bound, windowS: number): Policy[] =>
  limit === 'unlimited' ? [] : [{ name, limit, windowS, size: Math.max(1, limit) }]

const bound = z.union([
  z.literal('unlimited'),
  z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
    .pipe(z.number().max(boundMax)),
])

/** `burst=100 sustained=1000`, with blanks or commas between, as an object; only known names, each once. */
export const boundsText = <Name extends string>(names: readonly Name[]) =>
  z
    .string()
    .transform(text =>
      text
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(pair => ({ name: pair.split('=', 1)[0] ?? '', bound: pair.slice(pair.indexOf('=') + 1) })),
    )
    .pipe(z.array(z.object({ name: z.enum(names), bound })))
    .refine(pairs => new Set(pairs.map(({ name }) => name)).size === pairs.length)
    .transform(
      pairs => Object.fromEntries(pairs.map(({ name, bound }) => [name, bound])) as Partial<Record<Name, Bound>>,
    )

/** The same, where what is left out keeps its default. */
export const boundsWith = <Name extends string>(defaults: Readonly<Record<Name, Bound>>) =>
  boundsText(Object.keys(defaults) as Name[]).transform(given => ({ ...defaults, ...given }))

export const textOfBounds = (bounds: Readonly<Record<string, Bound>>) =>
  Object.entries(bounds)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
