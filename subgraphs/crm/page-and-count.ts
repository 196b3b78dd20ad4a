import type { Context } from '../../drizzle/context.ts'
import { countRecords, findPage, type Page, type Selection } from '../../drizzle/select.ts'
import type { Module } from '../../schema/module.ts'

/**
 * The page of a list and the number of all its records, each read when it is asked for: by one statement where both are
 * asked for in one turn, as an operation that selects both does.
 */
export function pageAndCount(ctx: Context, module: Module, selection: Selection) {
  const { filter, deleted } = selection
  let page: Promise<Page> | undefined
  let isSent = false
  let countUpTo: number | undefined

  async function send(): Promise<Page> {
    // All fields of the list ask before this goes on.
    await Promise.resolve()
    isSent = true
    return findPage(ctx, module, { ...selection, countUpTo })
  }

  return {
    page: () => (page ??= send()),
    async count(upTo: number): Promise<number> {
      if (!isSent) countUpTo ??= upTo
      const ridesAlong = !isSent && countUpTo === upTo
      await Promise.resolve()
      const { total } = (ridesAlong && (await page)) || {}
      return total ?? countRecords(ctx, module, { filter, deleted, upTo })
    },
  }
}
