import { openPlanner, type Plan, type Planner } from './planner.ts'
import type { Opened, PlanQuestion } from './supergraph.ts'
import { answering } from './thread.ts'

// The thread behind openSupergraph: holds the planners of the graphs that are served.
const planners = new Map<number, Planner>()

answering((question: PlanQuestion): Opened | Plan | undefined => {
  const { id } = question
  switch (question.kind) {
    case 'open': {
      const planner = openPlanner(question.sdl)
      planners.set(id, planner)
      return { apiSdl: planner.apiSdl, possibleTypes: planner.possibleTypes }
    }
    case 'plan':
      return planners.get(id)?.plan(question.text, question.operationName)
    case 'close':
      planners.delete(id)
      return undefined
  }
})
