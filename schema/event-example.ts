import type { EventType, JsonSchema } from './event-types.ts'
import { isMaking } from './platform-subjects.ts'

/** An event of a type as it could be, for people; it fits the type's own schema. */
export function exampleOf({ name, subject, verb, version, changes, links }: EventType) {
  const [link] = links ?? []
  return {
    id: '4711',
    type: name,
    version,
    time: '2030-03-04T10:30:00.123Z',
    record: { module: subject, id: '5b8f4c1e' },
    sequence: isMaking(verb) ? 1 : 3,
    changes: Object.fromEntries(shown(changes).map(([field, schema]) => [field, changeOf(verb, schema)])),
    ...(link !== undefined && {
      link: { name: link, relationship: link, module: 'Contacts', id: '0c9d2e7a' },
    }),
    origin: { userId: '1', clientId: '8a1c6f0e', requestId: '0b7e5a49', door: 'graphql' },
  }
}

const isLast = (verb: string) => verb === 'deleted' || verb === 'purged'

type Properties = Readonly<Record<string, JsonSchema>>

/** Names before anything else: they are what people know a record by. */
function shown({ properties = {} }: JsonSchema) {
  const all = Object.entries(properties as Properties).filter(([field]) => field !== 'deleted')
  const weight = (field: string) => (/name$/.test(field) ? 0 : /^(date_|created|modified)/.test(field) ? 2 : 1)
  return all.toSorted(([one], [other]) => weight(one) - weight(other)).slice(0, 3)
}

function changeOf(verb: string, { properties }: JsonSchema) {
  const [was, is] = valuesOf((properties as { readonly new: JsonSchema }).new)
  return { old: isMaking(verb) ? null : was, new: isLast(verb) ? null : is }
}

function valuesOf({ type, format, pattern, examples }: JsonSchema): readonly [was: unknown, is: unknown] {
  const kind = Array.isArray(type) ? (type as unknown[])[0] : type
  const options = Array.isArray(examples) ? (examples as unknown[]).filter(option => option !== '') : []
  if (options.length > 0) return [options[0], options[1] ?? null]
  if (kind === 'boolean') return [false, true]
  if (kind === 'integer' || kind === 'number') return [7, 12]
  if (format === 'date') return ['2030-03-01', '2030-03-04']
  if (format === 'date-time') return ['2030-03-01T09:00:00Z', '2030-03-04T10:30:00Z']
  if (typeof pattern === 'string') return pattern.includes(':') ? ['09:00:00', '10:30:00'] : ['100.00', '120.00']
  return ['before', 'after']
}
