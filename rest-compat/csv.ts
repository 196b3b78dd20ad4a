/**
 * The rows of a CSV document (RFC 4180): values between commas, in quotes where they hold commas, quotes or line ends.
 * Line ends may be CR LF or LF; a byte order mark is passed over, and so are empty lines.
 *
 * @throws SyntaxError  a quote that does not end, or text behind one; its message names the line
 */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = text.startsWith('\ufeff') ? 1 : 0
  let line = 1
  const endRow = () => {
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
    line += 1
  }
  while (at < text.length) {
    const [value, next] = text[at] === '"' ? quoted(text, at, line) : plain(text, at)
    row.push(value)
    line += value.split('\n').length - 1
    const separator = text[next]
    if (separator === ',') {
      at = next + 1
      if (at === text.length) row.push('')
      continue
    }
    endRow()
    at = separator === '\r' && text[next + 1] === '\n' ? next + 2 : next + 1
  }
  if (row.length > 0) endRow()
  return rows
}

function plain(text: string, at: number): [value: string, next: number] {
  plainEnd.lastIndex = at
  const next = plainEnd.exec(text)?.index ?? text.length
  return [text.slice(at, next), next]
}

const plainEnd = /,|\r?\n|\r$/g

function quoted(text: string, start: number, line: number): [value: string, next: number] {
  let value = ''
  for (let at = start + 1; ;) {
    const end = text.indexOf('"', at)
    if (end < 0) throw new SyntaxError(`Line ${line}: a quote does not end`)
    value += text.slice(at, end)
    if (text[end + 1] !== '"') {
      const next = end + 1
      if (next < text.length && !/[,\r\n]/.test(text[next] ?? ''))
        throw new SyntaxError(`Line ${line}: text behind a quote`)
      return [value, next]
    }
    value += '"'
    at = end + 2
  }
}
