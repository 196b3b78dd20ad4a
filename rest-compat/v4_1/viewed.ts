import type { Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import { escapeHtml } from '../text.ts'
import { isObject, textOf, textsOf } from './arguments.ts'
import { run, type Arguments, type Call } from './call.ts'
import type { Row } from './computed.ts'
import { Fault } from './fault.ts'

const track: Operation = {
  name: 'LegacyTrackView',
  text: 'mutation LegacyTrackView($module: String!, $id: ID!, $action: String) { trackView(module: $module, id: $id, action: $action) }',
}

/** Remembers that the user looked at records. What was asked for is answered even where that fails. */
export async function trackView(
  call: Call,
  module: Module,
  rows: readonly Row[],
  action = 'detailview',
): Promise<void> {
  for (const row of rows) {
    try {
      await run(call, track, { module: module.name, id: textOf(row.id), action })
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      call.context.log({ module: module.name, fault: error.key }, 'a view was not remembered')
    }
  }
}

const recent: Operation = {
  name: 'LegacyRecentViews',
  text: 'query LegacyRecentViews($module: String) { views: recentViews(module: $module) { id item_id item_summary module_name monitor_id date_modified } }',
}

/** The records that the user looked at last, newest first, module by module. `Home` stands for all of them. */
export async function getLastViewed(call: Call, args: Arguments) {
  const { catalog } = call.context
  const answers: unknown[] = []
  for (const name of textsOf(args.module_names)) {
    if (name !== 'Home' && !catalog.byName.has(name)) continue
    const { views } = await run(call, recent, { module: name === 'Home' ? null : name })
    answers.push(...(Array.isArray(views) ? views.filter(isObject).map(viewAnswer) : []))
  }
  return answers
}

const viewAnswer = (view: Row) => ({
  item_id: textOf(view.item_id),
  id: textOf(view.id),
  item_summary: escapeHtml(textOf(view.item_summary)),
  module_name: textOf(view.module_name),
  monitor_id: textOf(view.monitor_id),
  date_modified: textOf(view.date_modified).slice(0, 19).replace('T', ' '),
})
