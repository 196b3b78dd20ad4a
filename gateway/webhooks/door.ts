import type { FastifyInstance, FastifyRequest } from 'fastify'
import { publicKeysOf } from '../../subgraphs/webhooks/public-keys.ts'
import type { DoorDeps } from '../doors.ts'

/** A Fastify plugin: the public keys of endpoints, for those who verify what they are sent. */
export const webhooksDoor =
  ({ house }: DoorDeps) =>
  (scope: FastifyInstance) => {
    scope.get('/webhooks/:id/jwks.json', async (request: FastifyRequest<{ Params: { id: string } }>, reply) => {
      const keys = await publicKeysOf(house.pool, request.params.id, house.now())
      return reply
        .headers({ 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=300' })
        .send({ keys })
    })
    return Promise.resolve()
  }
