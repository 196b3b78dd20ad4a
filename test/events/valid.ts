import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Pool } from '../../drizzle/client.ts'
import { loadCatalog } from '../../drizzle/custom-fields.ts'
import type { StoredEvent } from '../../drizzle/event-log.ts'
import { eventSchema, eventTypesOf } from '../../schema/event-types.ts'
import { eventAs } from '../../subgraphs/events/event.ts'

/** What of the events of a database is not as the catalogue says; by type, and each fault once. */
export async function faultsOfEvents(sql: Pool): Promise<readonly string[]> {
  const events = await sql<StoredEvent[]>`
    select id::float8, at, type, module, record_id as "recordId", sequence::float8, before, after, link, groups, origin from event_log`
  if (events.length === 0) return []
  const types = eventTypesOf(await loadCatalog(sql))
  const ajv = new Ajv2020({ strictTypes: false })
  addFormats.default(ajv)
  const validators = new Map<string, ValidateFunction>()
  const faults = new Set<string>()
  for (const stored of events) {
    const type = types.get(stored.type)
    if (!type) {
      faults.add(`${stored.type} is no type`)
      continue
    }
    const validate = validators.get(type.name) ?? ajv.compile(eventSchema(type))
    validators.set(type.name, validate)
    const event: unknown = JSON.parse(JSON.stringify(eventAs({ fields: () => true }, stored)))
    if (!validate(event)) faults.add(`${type.name}: ${ajv.errorsText(validate.errors)} ${JSON.stringify(event)}`)
  }
  return [...faults]
}
