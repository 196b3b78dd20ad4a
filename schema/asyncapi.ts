import type { Catalog } from './catalog.ts'
import { exampleOf } from './event-example.ts'
import { eventTypesOf, originSchema, payloadOf } from './event-types.ts'

/**
 * The AsyncAPI document of everything that can be heard here: one channel, the stream of events, with a message for each
 * type. Pure.
 *
 * @param url  where this house is
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0 read 2026-11
 */
export function asyncApiOf(catalog: Catalog, url = 'http://127.0.0.1:4000') {
  const types = [...eventTypesOf(catalog).values()]
  const { host, protocol, pathname } = new URL(url)
  const message = (name: string) => ({ $ref: `#/components/messages/${name}` })
  const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  const changesOf = ({ subject, links }: (typeof types)[number]) => (links ? 'noChanges' : `${subject}.changes`)
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Switchyard events',
      version: '1',
      license: { name: 'MIT', url: 'https://opensource.org/licenses/MIT' },
      description:
        'Every committed change leaves an event. They are read in order at /events (pages) and /events/stream (Server-Sent Events); `cursor` or `Last-Event-ID` goes on exactly where one stopped.',
    },
    defaultContentType: 'application/json',
    servers: {
      house: {
        host,
        protocol: protocol.slice(0, -1),
        ...(pathname !== '/' && { pathname: pathname.replace(/\/$/, '') }),
        security: [{ $ref: '#/components/securitySchemes/bearer' }, { $ref: '#/components/securitySchemes/apiKey' }],
      },
    },
    channels: {
      events: {
        address: '/events/stream',
        title: 'The stream of events',
        messages: Object.fromEntries(types.map(({ name }) => [name, message(name)])),
      },
    },
    operations: {
      readEvents: {
        action: 'send',
        summary: 'Sends every event that the token may see, and that modules=, types= and ids= ask for.',
        channel: { $ref: '#/channels/events' },
        bindings: { http: { method: 'GET', bindingVersion: '0.3.0' } },
      },
    },
    components: {
      messages: Object.fromEntries(
        types.map(type => [
          type.name,
          {
            name: type.name,
            title: type.name,
            summary: type.description,
            tags: [{ name: type.subject }],
            payload: payloadOf(type, schema(changesOf(type)), schema('origin')),
            examples: [{ payload: exampleOf(type) }],
          },
        ]),
      ),
      schemas: { origin: originSchema, ...Object.fromEntries(types.map(type => [changesOf(type), type.changes])) },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        apiKey: { type: 'httpApiKey', name: 'X-Api-Key', in: 'header' },
      },
    },
  }
}
