import type { RecordEvent } from '../events/event.ts'
import type { Headers } from './custom-headers.ts'
import type { Payload } from './payload.ts'
import { TemplateFault, type CompiledTemplate } from './template.ts'
import type { WholeRecord } from './whole-records.ts'

/** What is known of an event when its message is written. */
export type Told = {
  readonly event: RecordEvent
  /** Of a full payload or a template: null when the record is deleted or out of sight. */
  readonly record?: WholeRecord | null
  /** What the query of the endpoint answered. */
  readonly answer?: unknown
}

export type Body = { readonly bytes: Buffer; readonly headers: Headers }

/** Addresses here, to be written into messages. */
export type Links = { readonly publicUrl: string }

/** The body of a message and the headers that go with it, before anything is signed. */
export function bodyOf(payload: Payload, template: CompiledTemplate | undefined, told: Told, links: Links): Body {
  if (payload.kind === 'TEMPLATE') {
    if (!template) throw new TemplateFault('The template was not read')
    return { bytes: Buffer.from(template.render(valuesOf(told, links))), headers: typed(payload.mediaType) }
  }
  const data = dataOf(payload.kind, told, links)
  const { event } = told
  switch (payload.cloudEvents) {
    case undefined:
      return written({ type: event.type, timestamp: event.time, data }, 'application/json')
    case 'STRUCTURED': {
      const attributes = cloudAttributes(event, links)
      return written({ ...attributes, datacontenttype: 'application/json', data }, 'application/cloudevents+json')
    }
    case 'BINARY': {
      const { bytes, headers } = written(data, 'application/json')
      const attributes = Object.entries(cloudAttributes(event, links)).map(
        ([name, value]) => [`ce-${name}`, escaped(value)] as const,
      )
      return { bytes, headers: { ...headers, ...Object.fromEntries(attributes) } }
    }
  }
}

/** What goes in place of a message that is too large. */
export const thinBody = (payload: Payload, told: Told, links: Links): Body =>
  bodyOf(
    { kind: 'THIN', cloudEvents: payload.kind === 'TEMPLATE' ? undefined : payload.cloudEvents },
    undefined,
    told,
    links,
  )

const written = (value: unknown, type: string): Body => ({
  bytes: Buffer.from(JSON.stringify(value)),
  headers: typed(type),
})

/** Without a character set: JSON has but one, and CloudEvents compare the type. */
const typed = (type: string): Headers => ({ 'content-type': type })

function dataOf(kind: Exclude<Payload['kind'], 'TEMPLATE'>, told: Told, links: Links) {
  const { event } = told
  if (kind === 'THIN') {
    const { id, version, record, sequence } = event
    return { id, version, record, sequence, url: recordUrl(event, links) }
  }
  const { type: _, time: __, ...changed } = event
  const data = { ...changed, url: recordUrl(event, links) }
  if (kind === 'FULL') return { ...data, current: told.record ?? null }
  return kind === 'SELECTION' ? { ...data, selection: told.answer ?? null } : data
}

/** What a template may name. */
function valuesOf(told: Told, links: Links) {
  const { event } = told
  const side = (name: 'old' | 'new') =>
    Object.fromEntries(Object.entries(event.changes).map(([field, change]) => [field, change[name]]))
  return {
    event: { ...event, url: recordUrl(event, links) },
    changed: Object.keys(event.changes),
    old: side('old'),
    new: side('new'),
    record: told.record ?? null,
    selection: told.answer ?? null,
  }
}

const recordUrl = ({ record }: RecordEvent, { publicUrl }: Links) =>
  record.id === '' ? publicUrl : `${publicUrl}/Api/V8/module/${record.module}/${encodeURIComponent(record.id)}`

/** @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md (read 2026-11) */
const cloudAttributes = ({ id, type, time, record, sequence }: RecordEvent, { publicUrl }: Links) => ({
  specversion: '1.0',
  id,
  source: publicUrl,
  type,
  time,
  ...(record.id !== '' && { subject: `${record.module}/${record.id}` }),
  sequence: String(sequence),
})

/** As CloudEvents has it for headers: what is no printable ASCII, and quotes and per cent signs, are escaped. */
const escaped = (value: string) =>
  value.replace(/[^\x21\x23\x24\x26-\x7e]/gu, each => (each === ' ' ? '%20' : encodeURIComponent(each)))
