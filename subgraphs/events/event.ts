import type { StoredEvent } from '../../drizzle/event-log.ts'
import type { EventData, EventLink, Origin } from '../../drizzle/outbox.ts'
import { eventVersion } from '../../schema/event-types.ts'

/** An event as everybody gets it who may see it. */
export type RecordEvent = {
  readonly id: string
  readonly type: string
  /** Of the form that events of this type have. */
  readonly version: number
  /** When it happened: `2030-03-04T10:30:00.123Z`. */
  readonly time: string
  /** What it happened to: a record, or something of the platform, such as `identity.client`. */
  readonly record: { readonly module: string; readonly id: string }
  /** Counts the events of the record, without gaps. */
  readonly sequence: number
  /** By field. Of a new record `old` is null, of a deleted one `new` is. */
  readonly changes: Readonly<Record<string, { readonly old: EventData; readonly new: EventData }>>
  readonly link?: EventLink
  readonly origin: Origin
  /** The record has left the sight of who reads this: it may not be kept, and nothing more will be heard of it. */
  readonly leftSight?: true
}

/** Whether and how somebody sees an event: which of its fields, or only that the record is gone from sight. */
export type Sighting = { readonly fields: (name: string) => boolean; readonly leftSight?: true }

export function eventAs({ fields, leftSight }: Sighting, event: StoredEvent): RecordEvent {
  const { before, after, link, origin } = event
  const names = leftSight
    ? []
    : [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter(fields)
  return {
    id: String(event.id),
    type: event.type,
    version: eventVersion,
    time: `${event.at.replace(' ', 'T')}Z`,
    record: { module: event.module ?? '', id: event.recordId ?? '' },
    sequence: event.sequence ?? 0,
    changes: Object.fromEntries(
      names.map(name => [name, { old: before?.[name] ?? null, new: after?.[name] ?? null }] as const),
    ),
    ...(link && !leftSight && { link }),
    origin,
    ...(leftSight && { leftSight }),
  }
}
