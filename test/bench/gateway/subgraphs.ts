import Fastify from 'fastify'
import { print } from 'graphql'
import type { Context } from '../../../drizzle/context.ts'
import { inProcess } from '../../../gateway/supergraph/in-process.ts'
import { internalAuth } from '../../../gateway/supergraph/internal-auth.ts'
import { subgraphDoor } from '../../../gateway/supergraph/subgraph-door.ts'
import { definitions, schemas } from './goods.ts'
import { benchKey } from './key.ts'

// The subgraphs behind HTTP, compiled by graphql-jit so that they are not what is measured: for ours behind its own door,
// for the others at `/plain/NAME`. A program.

const app = Fastify()
for (const { name, typeDefs } of definitions) {
  const subgraph = inProcess(name, schemas[name], error => console.error(error))
  const ctx = {} as Context
  subgraphDoor(app, name, internalAuth(benchKey), () => Promise.resolve({ subgraph, ctx }))
  const sdl = print(typeDefs)
  app.post<{ Body: { query: string; operationName?: string; variables?: Record<string, unknown> } }>(
    `/plain/${name}`,
    ({ body: { query, operationName, variables } }) =>
      query.includes('_service')
        ? { data: { _service: { sdl } } }
        : subgraph.execute({ text: query, operationName, variables }, ctx),
  )
}
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
