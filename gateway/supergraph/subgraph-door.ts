import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Context } from '../../drizzle/context.ts'
import { noteOf, observed } from '../log.ts'
import { requestSignal } from '../request-signal.ts'
import { internalHeader, type Claims, type InternalAuth } from './internal-auth.ts'
import { databaseHeader, subgraphPath } from './http-subgraph.ts'
import type { Subgraph, SubgraphResponse } from './subgraph.ts'

const requestSchema = z.object({
  query: z.string(),
  operationName: z.string().optional(),
  variables: z.custom<Record<string, unknown>>(value => typeof value === 'object' && value !== null).optional(),
})

const bodyBytesMax = 64 * 1024 * 1024

/** For a gateway that does not say how long it waits. */
const deadlineMs = 30_000

/**
 * Serves a subgraph to the other processes of the house, and to nobody else: without a fresh signature every request
 * is refused, `_service` included.
 *
 * @param answering  the subgraph as it is now, and the Context that the claims describe
 */
export function subgraphDoor(
  app: FastifyInstance,
  name: string,
  auth: InternalAuth,
  answering: (
    claims: Claims,
    caller: Pick<Context, 'signal' | 'meter' | 'traceparent'>,
  ) => Promise<{ readonly subgraph: Subgraph; readonly ctx: Context }>,
) {
  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<SubgraphResponse> {
    const claims = auth.verify(request.headers[internalHeader])
    if (!claims) return reply.code(401).send(refusal('UNAUTHENTICATED', 'Only the gateway may ask'))
    const body = requestSchema.safeParse(request.body)
    if (!body.success) return reply.code(400).send(refusal('BAD_REQUEST', 'Not a GraphQL request'))
    const { query, operationName, variables } = body.data
    Object.assign(noteOf(request), {
      door: 'subgraph',
      userId: claims.principal.userId,
      clientId: claims.principal.clientId,
    })
    const signal = requestSignal(reply.raw, claims.deadline ?? Date.now() + deadlineMs)
    const { subgraph, ctx } = await answering(claims, { signal, ...observed(request) })
    const answer = await subgraph.execute({ text: query, operationName, variables }, ctx)
    const { databaseMs, rows } = noteOf(request).meter
    void reply.header(databaseHeader, `${databaseMs} ${rows}`)
    return answer
  }

  app.post(subgraphPath(name), { bodyLimit: bodyBytesMax }, handle)
}

const refusal = (code: string, message: string): SubgraphResponse => ({
  data: null,
  errors: [{ message, extensions: { code } }],
})
