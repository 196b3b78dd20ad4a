import type { FastifyReply, FastifyRequest } from 'fastify'
import { accessDenied } from './league-errors.ts'
import { sendLeagueError } from './access-token.ts'
import type { Identity } from './identity.ts'

const done = Buffer.from(
  JSON.stringify({ meta: { message: 'You have been successfully logged out' }, data: [] }, undefined, 4),
)

/** `POST /Api/V8/logout`: ends the token that it is called with, and the refresh token that came with it. */
export const logoutDoor =
  ({ authenticateBearer, revokeAccessToken }: Pick<Identity, 'authenticateBearer' | 'revokeAccessToken'>) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { authorization } = request.headers
    const caller = await authenticateBearer(authorization)
    if (caller.kind === 'denied') return sendLeagueError(reply, accessDenied(caller.hint))
    await revokeAccessToken(authorization)
    return reply.headers({ accept: 'application/vnd.api+json', 'content-type': 'application/vnd.api+json' }).send(done)
  }
