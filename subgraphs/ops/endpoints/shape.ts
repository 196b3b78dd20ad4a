import type { Shape } from './declaration.ts'
import { pointedAt } from './pointer.ts'

/** What a shape makes of an operation's answer. Its time grows with the answer, and nothing in it can loop or call. */
export function shaped(answer: unknown, shape: Shape): unknown {
  if (typeof shape === 'string') return pointedAt(answer, shape)
  if (isEach(shape)) {
    const list = pointedAt(answer, shape.$each)
    return Array.isArray(list) ? list.map(each => shaped(each, shape.$as)) : []
  }
  return Object.fromEntries(Object.entries(shape).map(([name, part]) => [name, shaped(answer, part)]))
}

export const isEach = (shape: Exclude<Shape, string>): shape is { readonly $each: string; readonly $as: Shape } =>
  typeof shape.$each === 'string' && '$as' in shape
