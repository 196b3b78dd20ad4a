import type { FastifyInstance } from 'fastify'
import { asyncApiOf } from '../../schema/asyncapi.ts'
import type { Catalog } from '../../schema/catalog.ts'
import type { DoorDeps } from '../doors.ts'

/** `/asyncapi.json`: everything that can be heard here, as AsyncAPI 3. Made when it is first asked for. */
export const asyncApiDoor = ({ graphs, identity }: Pick<DoorDeps, 'graphs' | 'identity'>) => {
  const texts = new WeakMap<Catalog, string>()
  return async (scope: FastifyInstance) => {
    scope.get('/asyncapi.json', (_request, reply) => {
      const { catalog } = graphs.current
      let text = texts.get(catalog)
      if (text === undefined) texts.set(catalog, (text = JSON.stringify(asyncApiOf(catalog, identity.issuer))))
      return reply.headers({ 'content-type': 'application/json', 'access-control-allow-origin': '*' }).send(text)
    })
    return Promise.resolve()
  }
}
