import { hash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { DoorDeps } from './doors.ts'

/**
 * `/metrics` for Prometheus: for programs of this machine that come without a proxy, and for whoever has METRICS_TOKEN.
 * Others are told that there is nothing.
 */
export const metricsDoor =
  ({ metrics, metricsToken }: Pick<DoorDeps, 'metrics' | 'metricsToken'>) =>
  async (scope: FastifyInstance) => {
    scope.get('/metrics', async (request, reply) => {
      if (!isLocal(request) && !hasToken(request, metricsToken)) return reply.callNotFound()
      return reply
        .headers({ 'content-type': metrics.contentType, 'cache-control': 'no-store' })
        .send(await metrics.text())
    })
    return Promise.resolve()
  }

/** A proxy on this machine speaks for the whole world; it says so in one of these. */
const proxied = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']

const isLocal = ({ raw: { socket, headers } }: FastifyRequest) =>
  /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '') && !proxied.some(name => name in headers)

function hasToken({ headers }: FastifyRequest, token: string | undefined) {
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  return token !== undefined && given !== undefined && timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string) => hash('sha256', text, 'buffer')
