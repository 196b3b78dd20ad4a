import type { FastifyReply, FastifyRequest } from 'fastify'
import { execute, GraphQLError, validate, type ExecutionResult, type GraphQLSchema } from 'graphql'
import { measure } from './graphql-limits.ts'
import type { Attempts } from './limits/attempts.ts'
import { noteOf } from './log.ts'
import type { TrustedDocuments } from './trusted-documents.ts'

/** What the door knows before it looks into a request. */
export type Intake = {
  readonly introspection: IntrospectionPolicy
  readonly documents: TrustedDocuments
  /** The API client or key of the caller. */
  readonly clientOf: (request: FastifyRequest) => string | undefined
}

/** Who may read the schema through introspection. */
export type IntrospectionPolicy = 'on' | 'signed-in' | 'off'

/**
 * Looks at what was sent to /graphql before Apollo Server does: puts the text in place of a document's id, refuses documents
 * that are too much or not registered, each with a code of its own, and introspection where it is switched off. What is no
 * GraphQL request at all is left to Apollo Server.
 */
export const takeIn =
  ({ introspection, documents, clientOf }: Intake) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (Array.isArray(request.body)) {
      const code = 'BATCHING_NOT_SUPPORTED'
      return refuse(request, reply, [new GraphQLError('Send one operation at a time', { extensions: { code } })])
    }
    const untrusted = await mapDocument(request, documents, clientOf(request) ?? '')
    if (untrusted) return refuse(request, reply, [untrusted])
    const text = textOf(request)
    if (text === undefined) return undefined
    const measured = measure(text)
    if (measured.kind === 'refused') return refuse(request, reply, measured.errors)
    if (measured.kind === 'fits' && measured.introspects !== 'no' && introspection === 'off') {
      const code = 'INTROSPECTION_DISABLED'
      return refuse(request, reply, [new GraphQLError('Introspection is switched off', { extensions: { code } })])
    }
    return undefined
  }

/**
 * Puts the registered text where a request has only its id, and holds texts to the policy.
 *
 * @returns why the request is refused
 * @see https://github.com/graphql/graphql-over-http/blob/main/spec/Appendix%20A%20--%20Persisted%20Documents.md
 */
async function mapDocument(
  request: FastifyRequest,
  documents: TrustedDocuments,
  client: string,
): Promise<GraphQLError | undefined> {
  const refused = (code: string, message: string) => new GraphQLError(message, { extensions: { code } })
  const source: unknown = request.method === 'GET' ? request.query : request.body
  const id = typeof source === 'object' && source !== null && 'documentId' in source ? source.documentId : undefined
  const text = textOf(request)
  if (typeof source === 'object' && source !== null && typeof id === 'string') {
    if (text !== undefined) return refused('BAD_REQUEST', 'Send a query or a documentId, not both')
    const found = await documents.find(client, id)
    if (found === undefined)
      return refused('DOCUMENT_NOT_FOUND', 'No document of this id is registered for this client')
    if (request.method === 'GET') putInAddress(request, found)
    Object.assign(source, { query: found, documentId: undefined })
    return undefined
  }
  if (text === undefined || documents.policy === 'off' || (await documents.has(client, text))) return undefined
  if (documents.policy === 'only')
    return refused('DOCUMENT_NOT_TRUSTED', 'Only registered documents are run here: send the documentId of one')
  noteOf(request).reason = 'document not registered'
  return undefined
}

/** Apollo Server reads the address itself. */
function putInAddress({ raw }: FastifyRequest, text: string) {
  const [place = '', query = ''] = (raw.url ?? '').split(/\?(.*)/s)
  const parameters = new URLSearchParams(query)
  parameters.delete('documentId')
  parameters.set('query', text)
  raw.url = `${place}?${parameters.toString()}`
}

/**
 * The schema, for somebody without a token who asks for it and for nothing else; undefined for everything else, so that
 * the answer tells nothing. An address may ask as often as it may fail to sign in.
 */
export async function schemaForStranger(
  request: FastifyRequest,
  schema: GraphQLSchema,
  attempts: Attempts,
): Promise<ExecutionResult | undefined> {
  const measured = measure(textOf(request) ?? '')
  if (measured.kind !== 'fits' || measured.introspects !== 'only') return undefined
  const { refusal } = await attempts({ account: `schema ${request.ip}`, address: request.ip })
  if (refusal || validate(schema, measured.document, undefined, { maxErrors: 1 }).length > 0) return undefined
  return execute({ schema, document: measured.document })
}

/** The document of a request, from the body or the address. */
export function textOf({ body, query, method }: FastifyRequest): string | undefined {
  const source = method === 'GET' ? query : body
  const text = typeof source === 'object' && source !== null && 'query' in source ? source.query : undefined
  return typeof text === 'string' ? text : undefined
}

function refuse(request: FastifyRequest, reply: FastifyReply, errors: readonly GraphQLError[]) {
  const [first] = errors
  noteOf(request).code = typeof first?.extensions.code === 'string' ? first.extensions.code : 'BAD_REQUEST'
  return reply.code(400).send({ errors: errors.map(error => error.toJSON()) })
}
