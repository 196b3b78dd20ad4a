import { isArray, type PhpArray } from '../v8/php-array.ts'
import { badParameter } from './problem.ts'

export const pageSizeDefault = 20
export const pageSizeMax = 200

/** Which records of a list: those after a cursor, or those before one. */
export type Page = { readonly size: number; readonly after?: string; readonly before?: string }

/** @throws Problem  BAD_REQUEST */
export function pageOf(query: PhpArray): Page {
  const given = query.get('page')
  if (given === undefined) return { size: pageSizeDefault }
  if (!isArray(given)) throw badParameter('page', 'Use page[size], page[after] and page[before]')
  let page: Page = { size: pageSizeDefault }
  for (const [name, value] of given) {
    const parameter = `page[${name}]`
    if (typeof value !== 'string' || value === '') throw badParameter(parameter, 'Give one value')
    if (name === 'size') {
      if (!/^\d{1,4}$/.test(value) || Number(value) < 1 || Number(value) > pageSizeMax)
        throw badParameter(parameter, `A page has 1 to ${pageSizeMax} records`)
      page = { ...page, size: Number(value) }
    } else if (name === 'after' || name === 'before') page = { ...page, [name]: value }
    else throw badParameter(parameter, 'Pages have no numbers here: follow links.next, or use page[after]')
  }
  if (page.after !== undefined && page.before !== undefined)
    throw badParameter('page[before]', 'A page is after one record or before one, not both')
  return page
}

export type Sort = readonly { readonly field: string; readonly direction: 'ASC' | 'DESC' }[]

const sortFieldsMax = 5

/**
 * Reads `sort=-date_entered,name`. Where nothing is asked for, records go by id.
 *
 * @throws Problem  BAD_REQUEST
 */
export function sortOf(module: string, hasField: (name: string) => boolean, query: PhpArray): Sort {
  const given = query.get('sort')
  if (given === undefined) return [{ field: 'id', direction: 'ASC' }]
  if (typeof given !== 'string') throw badParameter('sort', 'Write fields with commas between: -date_entered,name')
  const fields = given.split(',').filter(Boolean)
  if (fields.length === 0 || fields.length > sortFieldsMax)
    throw badParameter('sort', `Name 1 to ${sortFieldsMax} fields`)
  return fields.map(text => {
    const field = text.replace(/^[-+]/, '')
    if (!hasField(field)) throw badParameter('sort', `${module} has no field ${field} to sort by`)
    return { field, direction: text.startsWith('-') ? 'DESC' : 'ASC' }
  })
}

/** The same order from the other end, in which the records before a cursor come after it. */
export const reversed = (sort: Sort): Sort =>
  sort.map(({ field, direction }) => ({ field, direction: direction === 'ASC' ? 'DESC' : 'ASC' }))

/** What of a list a page holds, and where its neighbours begin. */
export type Neighbours = { readonly before?: string; readonly after?: string }

export type PageLinks = Readonly<Record<'self' | 'first' | 'prev' | 'next', string | null>>

/** The addresses of a page and its neighbours, by cursors that stay right while records come and go. */
export function pageLinks(address: string, rawQuery: string, { before, after }: Neighbours): PageLinks {
  const others = rawQuery.split('&').filter(pair => pair !== '' && !/^page(\[|%5B)(after|before)(\]|%5D)=/i.test(pair))
  const at = (cursor: string | undefined, name: string) =>
    cursor === undefined
      ? null
      : withQuery(address, [...others, `page%5B${name}%5D=${encodeURIComponent(cursor)}`].join('&'))
  return {
    self: withQuery(address, rawQuery),
    first: withQuery(address, others.join('&')),
    prev: at(before, 'before'),
    next: at(after, 'after'),
  }
}

const withQuery = (address: string, query: string) => (query === '' ? address : `${address}?${query}`)
