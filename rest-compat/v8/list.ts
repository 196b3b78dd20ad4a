import type { Module } from '../../schema/module.ts'
import { buildQuery, isArray, type PhpArray } from './php-array.ts'
import { jsonText, prettyJson } from './json.ts'
import type { Page, SortBy } from './parameters.ts'
import type { Views } from './views.ts'

/** How many records a list shows when its size is not chosen. */
export const pageDefault = 20

/** How many records one answer holds at most, also where SuiteCRM knows no end. */
export const recordsMax = 10_000

/** How many records are asked of the graph at once. */
const chunkMax = 200

export type Stretch = { readonly first: number; readonly offset: number }

/** The records that a page shows. A number without a size has no effect, as in SuiteCRM. */
export const stretchOf = ({ size, number }: Page, unlimited: number): Stretch =>
  size === undefined
    ? { first: unlimited, offset: 0 }
    : { first: Math.min(size, recordsMax), offset: Math.min((Math.max(number ?? 1, 1) - 1) * size, offsetMax) }

const offsetMax = 2_147_483_000

/** Reads a stretch in pieces of a size that the graph accepts; ends early where the records end. */
export async function collect<Item>(
  { first, offset }: Stretch,
  read: (stretch: Stretch) => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  const items: Item[] = []
  while (items.length < first) {
    const wanted = Math.min(chunkMax, first - items.length)
    const piece = await read({ first: wanted, offset: offset + items.length })
    items.push(...piece)
    if (piece.length < wanted) break
  }
  return items
}

/** By id where nothing else is asked for; equal values by id too, so that pages do not overlap. */
export function graphSort(views: Views, module: Module, sort: SortBy | undefined) {
  const byId = { field: 'id', direction: 'ASC' }
  if (!sort || sort.field === 'id' || !views.graph(module).outputs.has(sort.field))
    return [sort?.field === 'id' && sort.descending ? { field: 'id', direction: 'DESC' } : byId]
  return [{ field: sort.field, direction: sort.descending ? 'DESC' : 'ASC' }, byId]
}

export type PageLinks = Readonly<Record<'first' | 'prev' | 'next' | 'last', string | null>>

/** @see SuiteCRM Api/V8/JsonApi/Helper/PaginationObjectHelper.php */
export function pageLinks(path: string, query: PhpArray, pages: number, number: number): PageLinks {
  const link = (n: number) => {
    const page = query.get('page')
    const numbered: PhpArray = new Map([...(isArray(page) ? page : []), ['number', String(n)]])
    return `${path}?${buildQuery(new Map([...query, ['page', numbered]]))}`
  }
  return {
    first: number > 1 ? link(1) : null,
    prev: number > 1 ? link(number - 1) : null,
    next: number + 1 <= pages ? link(number + 1) : null,
    last: number + 1 <= pages ? link(pages) : null,
  }
}

type ListDocument = {
  readonly meta?: Readonly<Record<string, number>>
  /** Already written, indented by eight. */
  readonly records: readonly string[]
  readonly links?: PageLinks
}

/** A document of records, in pieces: a list of all attributes is long, and joining it costs more than writing it. */
export function listDocument({ meta, records, links }: ListDocument): readonly string[] {
  const pieces = [meta ? `{\n    "meta": ${indented(prettyJson(meta))},\n    "data": [` : '{\n    "data": [']
  records.forEach((record, i) => pieces.push(i ? ',\n        ' : '\n        ', record))
  pieces.push(links ? `\n    ],\n    "links": {\n${linkLines(links)}\n    }\n}` : '\n    ]\n}')
  return pieces
}

const indented = (json: string) => json.replaceAll('\n', '\n    ')

const linkLines = (links: PageLinks) =>
  Object.entries(links)
    .map(([name, link]) => `        "${name}": ${link === null ? 'null' : jsonText(link)}`)
    .join(',\n')
