/** Shows how far long work has come. */
export type Progress = {
  /** Begins a part; the one before is finished. `total` when it is known. */
  readonly begin: (part: string, total?: number) => void
  readonly advance: (by: number) => void
  /** Finishes the last part. */
  readonly end: () => void
}

type Screen = { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown }

const barWidth = 24
const redrawMs = 100
const lineMs = 5_000

/** A bar that is redrawn on a terminal; elsewhere a plain line at most every five seconds and one when a part is done. */
export function progressOn(screen: Screen = process.stderr, now: () => number = () => performance.now()): Progress {
  let part: { name: string; total: number | undefined; done: number; began: number; shown: number } | undefined

  const show = (isLast: boolean) => {
    if (!part) return
    const elapsed = now() - part.began
    if (!screen.isTTY)
      return void screen.write(`${isLast ? summaryOf(part, elapsed) : `${part.name}: ${countOf(part)}`}\n`)
    const text = isLast
      ? summaryOf(part, elapsed)
      : `${part.name} ${barOf(part)} ${countOf(part)}${restOf(part, elapsed)}`
    screen.write(`\r${text.slice(0, (screen.columns || 80) - 1)}\u001b[K${isLast ? '\n' : ''}`)
  }
  const end = () => {
    show(true)
    part = undefined
  }
  return {
    begin(name, total) {
      end()
      part = { name, total, done: 0, began: now(), shown: now() }
    },
    advance(by) {
      if (!part) return
      part.done += by
      if (now() - part.shown < (screen.isTTY ? redrawMs : lineMs)) return
      part.shown = now()
      show(false)
    },
    end,
  }
}

type Part = { readonly name: string; readonly total: number | undefined; readonly done: number }

const number = new Intl.NumberFormat('en')

const shareOf = ({ total, done }: Part) => (total ? Math.min(1, done / total) : undefined)

function countOf(part: Part) {
  const share = shareOf(part)
  const count = number.format(part.done)
  return share === undefined ? count : `${count} of ${number.format(part.total ?? 0)} (${Math.floor(share * 100)} %)`
}

function barOf(part: Part) {
  const filled = Math.round((shareOf(part) ?? 0) * barWidth)
  return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`
}

function restOf(part: Part, elapsedMs: number) {
  const share = shareOf(part)
  return share && elapsedMs > 2_000 ? `, ${seconds((elapsedMs / share) * (1 - share))} left` : ''
}

const summaryOf = (part: Part, elapsedMs: number) =>
  `${part.name}: ${number.format(part.done)} in ${seconds(elapsedMs)}`

const seconds = (ms: number) => (ms < 90_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`)
