/** Random numbers that come again with their seed. */
export type Random = {
  /** 0 <= x < max, whole. */
  below(max: number): number
  pick<T>(of: readonly T[]): T | undefined
}

/** @see https://en.wikipedia.org/wiki/Linear_congruential_generator with the numbers of Numerical Recipes; read 2026-11 */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const below = (max: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * max)
  }
  return { below, pick: of => of[below(of.length)] }
}
