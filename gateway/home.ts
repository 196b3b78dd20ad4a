import type { FastifyInstance } from 'fastify'

/** What is served here, for whoever asks the address alone. */
const places = {
  graphql: '/graphql',
  v8: '/Api/V8',
  v4_1: '/service/v4_1/rest.php',
  openapi: ['/Api/V8/openapi.json', '/service/v4_1/openapi.json'],
  docs: ['/docs/v8', '/docs/v4_1', '/docs/oauth'],
  oauth: '/.well-known/oauth-authorization-server',
} as const

/** `/`: GraphiQL for browsers, the addresses for programs. */
export const homeDoor = () => async (scope: FastifyInstance) => {
  scope.get('/', (request, reply) => {
    void reply.header('vary', 'accept')
    return /\btext\/html\b/.test(request.headers.accept ?? '') ? reply.redirect('/graphql') : reply.send(places)
  })
  return Promise.resolve()
}
