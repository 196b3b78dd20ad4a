import { setImmediate as nextTurn } from 'node:timers/promises'

/** Long work in steps: each `yield` is a place where something else may have its turn. */
export type Steps<T> = Generator<undefined, T, undefined>

/** Does all steps in one piece: nobody waits. */
export function atOnce<T>(steps: Steps<T>): T {
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

/** A turn takes so long at least, if there is so much to do. */
const turnMs = 5

/** Does the steps in turns of some milliseconds, and lets requests be served in between. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let begun = performance.now()
  let step = steps.next()
  while (!step.done) {
    if (performance.now() - begun >= turnMs) {
      await nextTurn()
      begun = performance.now()
    }
    step = steps.next()
  }
  return step.value
}
