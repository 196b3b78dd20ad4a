import type { FastifyReply, FastifyRequest } from 'fastify'
import { execute, GraphQLError, validate, type ExecutionResult, type GraphQLSchema } from 'graphql'
import { measure } from './graphql-limits.ts'
import type { Attempts } from './limits/attempts.ts'
import { noteOf } from './log.ts'

/** Who may read the schema through introspection. */
export type IntrospectionPolicy = 'on' | 'signed-in' | 'off'

/**
 * Looks at what was sent to /graphql before Apollo Server does: refuses documents that are too much, each with a code of
 * its own, and introspection where it is switched off. What is no GraphQL request at all is left to Apollo Server.
 */
export const takeIn =
  (introspection: IntrospectionPolicy) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (Array.isArray(request.body)) {
      const code = 'BATCHING_NOT_SUPPORTED'
      return refuse(request, reply, [new GraphQLError('Send one operation at a time', { extensions: { code } })])
    }
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
