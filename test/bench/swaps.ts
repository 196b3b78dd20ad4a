import { setTimeout as pause } from 'node:timers/promises'
import { startHouse, type HeldUp, type House } from './house.ts'
import { median, printTable } from './print.ts'
import { scenariosOn, type Scenario } from './scenarios.ts'
import { once } from './load.ts'

const swaps = 20
const clients = 4
const modules = 7
const fieldsOfModule = 60

/**
 * Twenty changes of metadata under load, with 40 modules: a field is added while clients read and write by all doors.
 * Counted are the requests that fail, the time from the mutation until GraphQL and V8 serve the field, and how long the
 * event loop of the serving process was held up at most.
 */
export async function benchSwaps(dir: string) {
  const house = await startHouse(dir, { watched: true })
  try {
    const ask = await askerOf(house)
    for (let n = 1; n <= modules; n += 1) await addModule(ask, n)
    const scenarios = await scenariosOf(house, ask)
    const idle = await house.heldUp(() => pause(5_000))
    const load = startLoad(scenarios)
    const loaded = await house.heldUp(() => pause(10_000))
    const times: number[] = []
    const swapping = await house.heldUp(async () => {
      for (let n = 1; n <= swaps; n += 1) times.push(await swap(ask, n))
    })
    const { requests, failures } = await load.stop()
    console.log(`\n${swaps} changes of metadata under load (limits: 0 failed, 50 ms, 2,000 ms)\n`)
    printTable(
      ['what', 'figure'],
      [
        ['requests', requests],
        ['requests that failed', failures.length],
        ['event loop held up at most, idle', heldText(idle)],
        ['event loop held up at most, under load', heldText(loaded)],
        ['event loop held up at most, under load with changes', heldText(swapping)],
        ['from mutation to served, median', `${median(times).toFixed(0)} ms`],
        ['from mutation to served, at most', `${Math.max(...times).toFixed(0)} ms`],
      ],
    )
    for (const failure of failures.slice(0, 5)) console.log(failure)
  } finally {
    await house.stop()
  }
}

const heldText = ({ ms, cpuMs }: HeldUp) => `${ms.toFixed(0)} ms, ${cpuMs.toFixed(0)} of its CPU`

type Ask = (query: string) => Promise<{ readonly data?: Record<string, unknown> | null; readonly errors?: unknown }>

async function askerOf(house: House): Promise<Ask> {
  const first = (await scenariosOn(house, 'none')).find(({ request }) => request.headers?.authorization)
  const authorization = first?.request.headers?.authorization ?? ''
  return async query => {
    const headers = { authorization, 'content-type': 'application/json' }
    const body = JSON.stringify({ query })
    return JSON.parse(await once({ method: 'POST', url: `${house.url}/graphql`, headers, body })) as Awaited<
      ReturnType<Ask>
    >
  }
}

async function addModule(ask: Ask, n: number) {
  const fields = Array.from({ length: fieldsOfModule - 20 }, (_, i) => `{ name: "field_${i}", kind: VARCHAR }`)
  const answer = await ask(
    `mutation { addModule(input: { name: "Benches${n}", fields: [${fields.join(' ')}] }) { version } }`,
  )
  await untilServed(ask, versionIn(answer, 'addModule'))
}

/** Adds a field. @returns milliseconds until it is served */
async function swap(ask: Ask, n: number): Promise<number> {
  const begun = performance.now()
  const answer = await ask(
    `mutation { addField(module: "Accounts", input: { name: "swap_${n}", kind: INT }) { version } }`,
  )
  await untilServed(ask, versionIn(answer, 'addField'))
  return performance.now() - begun
}

async function untilServed(ask: Ask, version: number) {
  const isServed = async () => Number((await ask('{ definitionsVersion }')).data?.definitionsVersion) >= version
  while (!(await isServed())) await pause(20)
}

function versionIn({ data, errors }: Awaited<ReturnType<Ask>>, change: string): number {
  const changed = data?.[change]
  if (typeof changed === 'object' && changed !== null && 'version' in changed) return Number(changed.version)
  throw new Error(`${change} failed: ${JSON.stringify(errors)}`)
}

async function scenariosOf(house: House, ask: Ask): Promise<Scenario[]> {
  const { data } = await ask('mutation { createAccount(input: { name: "Benchmark" }) { id } }')
  const made = data?.createAccount
  if (typeof made !== 'object' || made === null || !('id' in made)) throw new Error('No account could be made')
  const scenarios = await scenariosOn(house, String(made.id))
  const answers = await Promise.all(scenarios.map(({ request }) => once(request).catch(() => '')))
  // Some want more records than the demo has.
  return scenarios.filter(({ holds }, i) => holds(answers[i] ?? ''))
}

/** Clients that ask one thing after another until they are stopped. */
function startLoad(scenarios: readonly Scenario[]) {
  let isOver = false
  let requests = 0
  const failures: string[] = []
  async function client(first: number) {
    for (let n = first; !isOver; n += 1) {
      const scenario = scenarios[n % scenarios.length]
      if (!scenario) return
      requests += 1
      const answer = await once(scenario.request).catch(String)
      if (!scenario.holds(answer)) failures.push(`${scenario.name}: ${answer.slice(0, 300)}`)
    }
  }
  const running = Array.from({ length: clients }, (_, n) => client(n))
  return {
    async stop() {
      isOver = true
      await Promise.all(running)
      return { requests, failures }
    },
  }
}
