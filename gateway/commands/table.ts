/** Rows as columns of text with a head, as wide as they need. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map(row => (row[column] ?? '').length)))
  return [head, ...rows]
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** A moment as the database writes it, to the minute; `-` when there is none. */
export const minuteOf = (moment: string | null) => moment?.slice(0, 16) ?? '-'

/** Prints the value as JSON if that is wanted, else the text. */
export function print({ json }: { json?: boolean }, value: unknown, text: string) {
  console.log(json ? JSON.stringify(value, undefined, 2) : text)
}
