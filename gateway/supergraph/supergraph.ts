import { parse, type GraphQLSchema } from 'graphql'
import { buildingSchema } from '../../schema/build-schema.ts'
import { inTurns } from '../../schema/steps.ts'
import type { Plan, Planner, PossibleTypes } from './planner.ts'
import { threadOf } from './thread.ts'

/** A composed supergraph, ready to plan operations against it. */
export type PlannedSupergraph = {
  readonly sdl: string
  /** What clients see. */
  readonly api: GraphQLSchema
  readonly possibleTypes: PossibleTypes
  /**
   * @param text  of an operation that is valid against the API
   * @throws Error  the operation is beyond what the planner accepts
   */
  plan(text: string, operationName?: string): Promise<Plan>
  /** Nothing more will be planned. */
  close(): void
}

/** What the thread of planners is asked. */
export type PlanQuestion =
  | { readonly kind: 'open'; readonly id: number; readonly sdl: string }
  | { readonly kind: 'plan'; readonly id: number; readonly text: string; readonly operationName: string | undefined }
  | { readonly kind: 'close'; readonly id: number }

export type Opened = Pick<Planner, 'apiSdl' | 'possibleTypes'>

const planners = threadOf<PlanQuestion, Opened | Plan | undefined>(new URL('plan-worker.ts', import.meta.url))

let lastId = 0

/** Reads a composed supergraph. Its planner lives in a thread, so that a process that serves is not held up. */
export async function openSupergraph(sdl: string): Promise<PlannedSupergraph> {
  const id = (lastId += 1)
  const { apiSdl, possibleTypes } = await open(id, sdl)
  const planned = (text: string, operationName: string | undefined) =>
    planners.ask({ kind: 'plan', id, text, operationName })
  return {
    sdl,
    api: await apiFrom(apiSdl),
    possibleTypes,
    async plan(text, operationName) {
      let plan = await planned(text, operationName)
      if (!plan) {
        // Another thread has taken the place of one that died.
        await open(id, sdl)
        plan = await planned(text, operationName)
      }
      if (!plan || !('plan' in plan)) throw new Error('The thread of planners gave no plan')
      return plan
    },
    close: () => void planners.ask({ kind: 'close', id }).catch(() => undefined),
  }
}

/** What clients see of a composed supergraph, where nothing is planned. */
export async function openApi(sdl: string): Promise<GraphQLSchema> {
  const { api, close } = await openSupergraph(sdl)
  close()
  return api
}

async function open(id: number, sdl: string): Promise<Opened> {
  const opened = await planners.ask({ kind: 'open', id, sdl })
  if (!opened || 'plan' in opened) throw new Error('The thread of planners opened nothing')
  return opened
}

const apiFrom = (sdl: string) => inTurns(buildingSchema(parse(sdl, { noLocation: true })))
