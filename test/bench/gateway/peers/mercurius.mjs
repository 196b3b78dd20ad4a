import mercuriusGateway from '@mercuriusjs/gateway'
import Fastify from 'fastify'

// @mercuriusjs/gateway in front of the subgraphs at the given URL, with its compiler on. A program.

const [, , url] = process.argv
const app = Fastify()
app.register(mercuriusGateway, {
  jit: 1,
  gateway: { services: ['goods', 'people'].map(name => ({ name, url: `${url}/plain/${name}` })) },
})
await app.ready()
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
