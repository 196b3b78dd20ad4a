import type { Operation } from '../operation.ts'
import { escapeHtml } from '../text.ts'
import { textOf } from './arguments.ts'
import { run, type Call } from './call.ts'
import type { Row } from './computed.ts'
import { Fault } from './fault.ts'
import { planned } from './plan.ts'
import { nodesOf } from './read.ts'

/** What counts as upcoming. @see service/v3/SugarWebServiceUtilv3.php get_upcoming_activities() */
const activities = [
  { module: 'Meetings', date: 'date_start', status: { status: { eq: 'Planned' } }, isDay: false },
  { module: 'Calls', date: 'date_start', status: { status: { eq: 'Planned' } }, isDay: false },
  { module: 'Tasks', date: 'date_due', status: { status: { eq: 'Not Started' } }, isDay: false },
  // SuiteCRM means to leave out closed ones, but compares the stage with nothing.
  { module: 'Opportunities', date: 'date_closed', status: { sales_stage: { neq: '' } }, isDay: true },
] as const

type Activity = (typeof activities)[number]

const activitiesMax = 10

/** The user's next ten planned meetings, calls, tasks and opportunities. */
export async function getUpcomingActivities(call: Call) {
  const found = []
  for (const activity of activities) found.push(...(await upcoming(call, activity)))
  const at = ({ date_due }: { date_due: string }) => Date.parse(`${date_due.replace(' ', 'T')}Z`) || 0
  return found.sort((a, b) => at(a) - at(b)).slice(0, activitiesMax)
}

async function upcoming(call: Call, { module, date, status, isDay }: Activity) {
  const { context } = call
  const now = `${context.now().toISOString().slice(0, 19)}Z`
  const filter = {
    and: [
      { [date]: { gt: isDay ? now.slice(0, 10) : now } },
      { assigned_user_id: { eq: context.principal.userId } },
      status,
    ],
  }
  try {
    const { list } = await run(call, operationOf(call, module, date), { filter })
    return nodesOf(list).map(row => ({
      id: textOf(row.id),
      module,
      date_due: dueOf(row, date),
      summary: escapeHtml(textOf(row.name)),
    }))
  } catch (error) {
    if (error instanceof Fault && error.key === 'no_access') return []
    throw error
  }
}

const dueOf = (row: Row, date: string) => textOf(row[date]).slice(0, 19).replace('T', ' ')

function operationOf(call: Call, name: string, date: string): Operation {
  const module = call.context.catalog.byName.get(name)
  if (!module) throw new Fault('no_access')
  const { type, many } = module.graphql
  return planned(call.context.catalog, `upcoming ${name}`, () => ({
    name: 'LegacyUpcoming',
    text: `query LegacyUpcoming($filter: ${type}Filter!) { list: ${many}(filter: $filter, sort: [{ field: ${date} }, { field: id }], first: ${activitiesMax}) { nodes { id name ${date} } } }`,
  }))
}
