/** An event as every door tells it, whatever its form there. */
export type Told = {
  readonly type: string
  readonly recordId: string
  readonly sequence: number
  readonly changes: Readonly<Record<string, { readonly old: unknown; readonly new: unknown }>>
}

type Fields = Record<string, unknown>

/** A copy of a module's records that somebody keeps by reading events. */
export type Copy = {
  readonly records: ReadonlyMap<string, Readonly<Fields>>
  /** What was wrong with the events that came: none is missing, none comes twice, each begins where the last ended. */
  readonly faults: readonly string[]
  /** Begins with a record of a snapshot. */
  put(id: string, fields: Readonly<Fields>): void
  apply(event: Told): void
}

export function createCopy(): Copy {
  const records = new Map<string, Fields>()
  const sequences = new Map<string, number>()
  const faults: string[] = []
  const fault = ({ type, recordId, sequence }: Told, what: string) =>
    faults.push(`${type} ${recordId} #${sequence}: ${what}`)

  function change(event: Told) {
    const fields = records.get(event.recordId)
    if (!fields) return void fault(event, 'of a record that is not there')
    for (const [name, { old, new: is }] of Object.entries(event.changes)) {
      if (textOf(fields[name]) !== textOf(old)) fault(event, `${name} was ${textOf(fields[name])}, not ${textOf(old)}`)
      if (textOf(is) === textOf(null)) delete fields[name]
      else fields[name] = is
    }
  }

  return {
    records,
    faults,
    put: (id, fields) => void records.set(id, { ...fields }),
    apply(event) {
      const { type, recordId, sequence } = event
      const last = sequences.get(recordId)
      if (last !== undefined && sequence !== last + 1) fault(event, `comes after #${last}`)
      sequences.set(recordId, sequence)
      if (type.endsWith('.created')) {
        if (records.has(recordId)) fault(event, 'is there already')
        records.set(recordId, {})
        change(event)
      } else if (type.endsWith('.updated')) change(event)
      else if (type.endsWith('.deleted') && !records.delete(recordId)) fault(event, 'is not there')
    },
  }
}

/** Nothing and empty text are the same: a snapshot leaves both out. */
const textOf = (value: unknown) => JSON.stringify(value === '' || value === undefined ? null : value)

/** In what two copies differ; a few lines of it. */
export function differences(one: Copy['records'], other: Copy['records']): readonly string[] {
  const ids = new Set([...one.keys(), ...other.keys()])
  const texts = [...ids].flatMap(id => {
    const [a, b] = [one.get(id), other.get(id)]
    if (!a || !b) return [`${id} is only in ${a ? 'the first' : 'the second'}`]
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
      name => textOf(a[name]) !== textOf(b[name]),
    )
    return names.map(name => `${id} ${name}: ${textOf(a[name])} and ${textOf(b[name])}`)
  })
  return texts.slice(0, 10)
}
