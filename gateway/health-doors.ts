import type { FastifyInstance } from 'fastify'
import type { DoorDeps } from './doors.ts'
import { retryHeaders } from './http.ts'

const noStore = { 'cache-control': 'no-store' }

/** `/livez`: the process is there. Says nothing of anything else, so that nobody restarts it when the database is away. */
export const liveDoor = () => async (scope: FastifyInstance) => {
  scope.get('/livez', (_request, reply) => reply.headers(noStore).send({ status: 'ok' }))
  return Promise.resolve()
}

/** `/readyz`: everything that a request needs is there. */
export const readyDoor =
  ({ health }: Pick<DoorDeps, 'health'>) =>
  async (scope: FastifyInstance) => {
    scope.get('/readyz', async (_request, reply) => {
      const { ready, checks } = await health.readiness()
      const status = ready ? 200 : 503
      return reply
        .code(status)
        .headers({ ...noStore, ...retryHeaders(status) })
        .send({ status: ready ? 'ok' : 'not ready', checks })
    })
    return Promise.resolve()
  }
