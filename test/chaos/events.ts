import { startHouse } from '../bench/house.ts'
import { printTable } from '../bench/print.ts'
import { machineToken } from '../bench/machine-token.ts'
import { differences } from '../events/copy.ts'
import { consume, kinds, snapshotOf, type Reached } from './consumers.ts'
import { randomFrom } from './random.ts'
import { createAccount, write } from './writers.ts'

export type EventChaos = { readonly changes: number; readonly consumers: number; readonly seed: number }

/** What came of it: for each consumer what was wrong with its events, and in what its copy differs from the records. */
export type Outcome = {
  readonly made: number
  readonly consumed: readonly {
    readonly name: string
    readonly resumes: number
    readonly events: number
    readonly records: number
    readonly wrong: readonly string[]
  }[]
}

const writers = 8

/** Lets writers change accounts while consumers of every kind stop and go on, and compares all copies with the records. */
export async function disturbed(house: Reached, { changes, consumers, seed }: EventChaos): Promise<Outcome> {
  const base = await snapshotOf(house)
  const ids: string[] = []
  const last: { id?: string } = {}
  const consuming = Array.from({ length: consumers }, (_, n) => {
    const kind = kinds[n % kinds.length]
    return kind ? [consume(house, kind, base, randomFrom(seed + n), () => last.id)] : []
  }).flat()
  const each = Math.ceil(changes / writers)
  const writing = Array.from({ length: writers }, (_, n) => write(house, each, randomFrom(seed * 31 + n), ids))
  const made = (await Promise.all(writing)).reduce((sum, one) => sum + one, 0)
  last.id = await createAccount(house, { name: 'The last' })
  const consumed = await Promise.all(consuming)
  const { copy } = await snapshotOf(house)
  return {
    made,
    consumed: consumed.map(({ copy: own, ...rest }) => ({
      ...rest,
      records: own.records.size,
      wrong: [...own.faults.slice(0, 5), ...differences(own.records, copy.records)],
    })),
  }
}

/** @returns whether every consumer has rebuilt the state exactly */
export async function chaosOfEvents(dir: string, chaos: EventChaos): Promise<boolean> {
  const house = await startHouse(dir)
  try {
    const begun = performance.now()
    const { made, consumed } = await disturbed({ url: house.url, token: await machineToken(house) }, chaos)
    const seconds = (performance.now() - begun) / 1000
    console.log(`\n${made} changes by ${writers} writers, ${seconds.toFixed(0)} s; seed ${chaos.seed}\n`)
    printTable(
      ['consumers', 'number', 'events', 'times cut and resumed', 'exact'],
      kinds.map(({ name }) => {
        const those = consumed.filter(each => each.name === name)
        const sum = (of: (each: (typeof those)[number]) => number) => those.reduce((total, one) => total + of(one), 0)
        const exact = those.filter(({ wrong }) => wrong.length === 0).length
        return [name, those.length, sum(each => each.events), sum(each => each.resumes), exact]
      }),
    )
    const wrong = consumed.flatMap(each => each.wrong.map(what => `${each.name}: ${what}`))
    for (const what of wrong.slice(0, 20)) console.log(what)
    return wrong.length === 0
  } finally {
    await house.stop()
  }
}
