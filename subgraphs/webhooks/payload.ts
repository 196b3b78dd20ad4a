import { z } from 'zod'
import { HouseError } from '../../schema/errors.ts'

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>

const operation = z.string().min(1).max(20_000)
const cloudEvents = z.enum(['STRUCTURED', 'BINARY']).optional()

/**
 * What an endpoint is told of an event.
 *
 * THIN: its id and a link. CHANGES: the fields that have changed, old and new. FULL: that, and the record as it is now.
 * SELECTION: that, and what a GraphQL query answers. TEMPLATE: whatever a Liquid template makes of all that.
 */
const payload = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('THIN'), cloudEvents }),
  z.strictObject({ kind: z.literal('CHANGES'), cloudEvents }),
  z.strictObject({ kind: z.literal('FULL'), cloudEvents }),
  z.strictObject({ kind: z.literal('SELECTION'), operation, cloudEvents }),
  z.strictObject({
    kind: z.literal('TEMPLATE'),
    template: z.string().min(1).max(50_000),
    /** Adds the answer of a query to what the template is given. */
    operation: operation.optional(),
    mediaType: z
      .string()
      .regex(/^[\w.+-]+\/[\w.+-]+$/, 'is no media type such as application/json')
      .default('application/json'),
    /** What the template has to make; where it does not, nothing is sent. */
    outputSchema: z.record(z.string(), z.unknown()).optional(),
  }),
])

export type Payload = z.infer<typeof payload>

export const payloadDefault: Payload = { kind: 'CHANGES' }

/**
 * @throws INVALID  it is none; the pointer of each fault is named
 */
export function readPayload(given: unknown): Payload {
  const read = payload.safeParse(given ?? payloadDefault)
  if (read.success) return read.data
  const faults = read.error.issues.map(
    ({ path, message }) => `/payload${path.map(part => `/${String(part)}`).join('')} ${message}`,
  )
  throw new HouseError('INVALID', `The payload cannot be saved: ${faults.join('; ')}`, { field: 'payload', faults })
}

/** A payload that was stored, which was read before. */
export const storedPayload = (stored: unknown): Payload => payload.parse(stored)

/** Above this a message is larger than receivers like; a preview says so. */
export const bytesSoft = 20_000
/** Above this a thin message goes in its place. */
export const bytesHard = 256_000
