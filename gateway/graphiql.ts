import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Is it a browser that opens the address, rather than a client that asks something? */
export const wantsPage = ({ method, headers, query }: FastifyRequest) =>
  method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '') && !Object.hasOwn(query as object, 'query')

export const sendPage = (_request: FastifyRequest, reply: FastifyReply) => reply.type('text/html').send('<p>GraphiQL')

export const graphiqlDoor = () => async (_scope: FastifyInstance) => Promise.resolve()
