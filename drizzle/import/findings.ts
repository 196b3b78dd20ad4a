/** Values of one column that could not be kept as they are, all for the same reason. */
export type Finding = {
  readonly table: string
  /** Empty when it is about the whole row. */
  readonly column: string
  /** What is wrong and what became of it, e.g. `is a zero date: kept as null`. */
  readonly problem: string
  readonly count: number
  /** The first of them; values are shortened, and those of secret columns left out. */
  readonly examples: readonly Example[]
}

export type Example = { readonly id: string; readonly value: string }

/** Gathers findings; keeps at most `examplesMax` examples of each kind. */
export type Findings = {
  add(column: string, problem: string, id: string, value: string): void
  /** Takes over what was found elsewhere. */
  merge(others: readonly Finding[]): void
  list(): readonly Finding[]
}

export function findingsOf(table: string, examplesMax: number): Findings {
  const kinds = new Map<
    string,
    { table: string; column: string; problem: string; count: number; examples: Example[] }
  >()
  const kindOf = (of: string, column: string, problem: string) => {
    const key = JSON.stringify([of, column, problem])
    const known = kinds.get(key) ?? { table: of, column, problem, count: 0, examples: [] }
    kinds.set(key, known)
    return known
  }
  return {
    add(column, problem, id, value) {
      const kind = kindOf(table, column, problem)
      kind.count += 1
      if (kind.examples.length < examplesMax) kind.examples.push({ id: shortened(id), value: shortened(value) })
    },
    merge(others) {
      for (const other of others) {
        const kind = kindOf(other.table, other.column, other.problem)
        kind.count += other.count
        kind.examples.push(...other.examples.slice(0, examplesMax - kind.examples.length))
      }
    },
    list: () => [...kinds.values()],
  }
}

const lengthMax = 40

/** Text that is safe to print and to store: short, on one line, without control characters. */
export function shortened(text: string): string {
  const start = [...text.slice(0, 2 * lengthMax)]
  const cut = start.length > lengthMax || text.length > 2 * lengthMax
  return start.slice(0, lengthMax).join('').toWellFormed().replace(unprintable, codeOf) + (cut ? '…' : '')
}

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

const codeOf = (character: string) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`
