import type { FastifyInstance } from 'fastify'
import type { Catalog } from '../schema/catalog.ts'
import type { Deprecation } from '../schema/deprecation.ts'
import { noteOf, type Note } from './log.ts'

/**
 * What the operator has announced: by version, `8.0`, `v4_1`, and by an operation of one, `8.0:deleteRecord`.
 *
 * Fields are marked where they are defined.
 */
export type Announced = ReadonlyMap<string, Deprecation>

/** Something that will go. */
export type Going = { readonly name: string; readonly deprecation: Deprecation }

/** More would be too long for the headers that some clients accept. */
const linksMax = 50

/** The version and the operation of a request, as far as they will go. */
export function announcedOf(
  { version, operation }: Pick<Note, 'version' | 'operation'>,
  announced: Announced,
): Going[] {
  if (version === undefined || announced.size === 0) return []
  return [version, `${version}:${operation ?? ''}`].flatMap(name => {
    const deprecation = announced.get(name)
    return deprecation ? [{ name, deprecation }] : []
  })
}

/** What a REST request has used that will go, each once: its version, its operation, and fields of modules. */
export function goingOf(note: Note, announced: Announced): readonly Going[] {
  const fields = [...note.uses].flatMap(({ deprecated }) =>
    deprecated.flatMap(({ name, deprecation }) => (deprecation ? [[name, { name, deprecation }] as const] : [])),
  )
  const all = announcedOf(note, announced)
  return fields.length === 0 ? all : [...all, ...new Map(fields).values()]
}

/**
 * Says so in headers, where something was used: the earliest days, and a link for each.
 *
 * @see RFC 9745 (Deprecation), RFC 8594 (Sunset), RFC 8288 (Link); read 2026-11
 */
export function deprecationHeaders(going: readonly Going[]): Readonly<Record<string, string>> {
  const [since] = going.map(({ deprecation }) => deprecation.since).toSorted()
  if (since === undefined) return {}
  const [sunset] = going.flatMap(({ deprecation }) => deprecation.sunset ?? []).toSorted()
  const links = going
    .slice(0, linksMax)
    .map(
      ({ name, deprecation: { link = `/docs/deprecations#${name}` } }) =>
        `<${encodeURI(link)}>; rel="deprecation"; type="text/html"; title="${name}"`,
    )
  return {
    deprecation: `@${Date.parse(since) / 1000}`,
    ...(sunset !== undefined && { sunset: new Date(sunset).toUTCString() }),
    link: links.join(', '),
  }
}

/** Has every answer of a door say what its request has used that will go, and the log too. */
export function tellDeprecations(door: FastifyInstance, announced: Announced) {
  door.addHook('onSend', (request, reply, payload, done) => {
    const note = noteOf(request)
    const going = goingOf(note, announced)
    if (going.length > 0) {
      void reply.headers(deprecationHeaders(going))
      note.deprecated = going.map(({ name }) => name).join(' ')
    }
    done(null, payload)
  })
}

/** Everything that will go, for the page that the links lead to. */
export const allGoing = ({ modules }: Catalog, announced: Announced): readonly Going[] => [
  ...[...announced].map(([name, deprecation]) => ({ name, deprecation })),
  ...modules.flatMap(module =>
    Object.entries(module.fields).flatMap(([name, { deprecated }]) =>
      deprecated ? [{ name: `${module.name}.${name}`, deprecation: deprecated }] : [],
    ),
  ),
]

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** `/docs/deprecations` */
export const deprecationsPage = (going: readonly Going[]) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Deprecations · Switchyard</title><link rel="icon" href="data:,"></head>
<body>
<h1>Deprecations</h1>
<p>Answers of REST V8 and the legacy API that have used one of these say so by <code>Deprecation</code> (RFC 9745), <code>Sunset</code> (RFC 8594) and <code>Link</code>; answers of GraphQL by <code>extensions.deprecations</code>.</p>
${
  going.length === 0
    ? '<p>Nothing is deprecated.</p>'
    : `<dl>\n${going
        .map(
          ({ name, deprecation: { since, sunset, reason } }) =>
            `<dt id="${escaped(name)}"><code>${escaped(name)}</code>, since ${since}${sunset === undefined ? '' : `, may be gone from ${sunset} on`}</dt><dd>${escaped(reason)}</dd>`,
        )
        .join('\n')}\n</dl>`
}
</body>
</html>
`
