import '../../../gateway/supergraph/no-telemetry.ts'
import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import Fastify from 'fastify'
import { supergraphSdl } from './goods.ts'

// @apollo/gateway as it is meant to be used: behind Apollo Server, with subgraphs over HTTP at the given URL. A program.

const gateway = new ApolloGateway({ supergraphSdl: supergraphSdl(process.argv[2] ?? '') })
const apollo = new ApolloServer({ gateway, nodeEnv: 'production', stopOnTerminationSignals: false })
await apollo.start()
const app = Fastify()
app.post('/graphql', fastifyApolloHandler(apollo))
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
