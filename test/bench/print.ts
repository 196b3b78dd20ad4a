/** Prints rows under headings; figures stand to the right. */
export function printTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]) {
  const lines = [headings, ...rows.map(row => row.map(String))]
  const widths = headings.map((_, at) => Math.max(...lines.map(line => line[at]?.length ?? 0)))
  const isFigure = headings.map((_, at) =>
    rows.every(row => /^[<≤-]?[\d.,-]*( [a-zA-Z%]+)?$/.test(String(row[at] ?? ''))),
  )
  for (const [number, line] of lines.entries()) {
    const cells = widths.map((width, at) =>
      isFigure[at] ? (line[at] ?? '').padStart(width) : (line[at] ?? '').padEnd(width),
    )
    console.log(cells.join('  ').trimEnd())
    if (number === 0) console.log(widths.map(width => '-'.repeat(width)).join('  '))
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length === 0
    ? Number.NaN
    : ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2
}
