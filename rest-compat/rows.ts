import type { Catalog } from '../schema/catalog.ts'
import { scalarOf } from '../schema/graphql-types.ts'
import { isInput } from '../schema/input.ts'
import type { Module } from '../schema/module.ts'
import { parseCsv } from './csv.ts'

/** The forms in which many rows travel. */
export const rowFormats = ['json', 'ndjson', 'csv'] as const
export type RowFormat = (typeof rowFormats)[number]

type Row = Readonly<Record<string, unknown>>

/**
 * Reads rows: a JSON array of objects, an object on each line, or CSV whose first line names the fields.
 *
 * @throws SyntaxError  with words for whoever sent them
 */
export function readRows(catalog: Catalog, module: Module, format: RowFormat, text: string): readonly unknown[] {
  switch (format) {
    case 'json': {
      const rows = parsed(text, 'The body')
      if (!Array.isArray(rows)) throw new SyntaxError('Send a list of objects')
      return rows
    }
    case 'ndjson':
      return text.split('\n').flatMap((line, n) => (line.trim() === '' ? [] : [parsed(line, `Line ${n + 1}`)]))
    case 'csv':
      return csvRows(catalog, module, text)
  }
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SyntaxError(`${what} is not JSON`)
  }
}

/** An empty cell says nothing of its field; this one empties it. */
export const emptyMark = '#N/A'

/** Cells are text; what their field holds tells what they mean. */
function csvRows(catalog: Catalog, module: Module, text: string): Row[] {
  const [names = [], ...lines] = parseCsv(text)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new SyntaxError(`The column ${twice} is there twice`)
  return lines.map((cells, n) => {
    if (cells.length > names.length)
      throw new SyntaxError(`Row ${n + 1} has ${cells.length} values for ${names.length} columns`)
    return Object.fromEntries(
      cells.flatMap((cell, at) => {
        const name = names[at] ?? ''
        return cell === '' ? [] : [[name, cell === emptyMark ? null : valueOf(catalog, module, name, cell)] as const]
      }),
    )
  })
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  false: false,
  '0': false,
  no: false,
}

/** What cannot be read stays text, and is refused with its row. */
function valueOf(catalog: Catalog, module: Module, name: string, cell: string): unknown {
  if (!isInput(catalog, module, name)) return cell
  switch (scalarOf(catalog, module, name)) {
    case 'Boolean':
      return truths[cell.trim().toLowerCase()] ?? cell
    case 'Int':
    case 'Float':
      return /^\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/.test(cell) ? Number(cell) : cell
    default:
      return cell
  }
}
