import Fastify from 'fastify'
import { parse, validate, type DocumentNode } from 'graphql'
import type { Context } from '../../../drizzle/context.ts'
import { makeExecutor } from '../../../gateway/supergraph/execute.ts'
import { overHttp } from '../../../gateway/supergraph/http-subgraph.ts'
import { inProcess } from '../../../gateway/supergraph/in-process.ts'
import { internalAuth } from '../../../gateway/supergraph/internal-auth.ts'
import { openSupergraph } from '../../../gateway/supergraph/supergraph.ts'
import { coreCatalog } from '../../../schema/catalog.ts'
import { systemPrincipal } from '../../../schema/principal.ts'
import { definitions, schemas, supergraphSdl } from './goods.ts'
import { benchKey } from './key.ts'

// Our executor on a bare Fastify: `ours.ts`, or `ours.ts http://...` for subgraphs that run apart. A program.

const [, , url] = process.argv
const report = (error: unknown) => console.error(error)
const supergraph = await openSupergraph(supergraphSdl(url ?? ''))
const auth = internalAuth(benchKey)
const subgraphs = new Map(
  definitions.map(({ name }) => [
    name as string,
    url === undefined ? inProcess(name, schemas[name], report) : overHttp(name, url, auth, report),
  ]),
)
const executor = makeExecutor(supergraph, subgraphs, report)
const documents = new Map<string, DocumentNode>()

function documentOf(query: string): DocumentNode {
  let document = documents.get(query)
  if (!document) {
    document = parse(query)
    const [error] = validate(supergraph.api, document)
    if (error) throw error
    documents.set(query, document)
  }
  return document
}

const app = Fastify()
app.post<{ Body: { query: string; variables?: Record<string, unknown> } }>('/graphql', ({ id, body }) => {
  const ctx = {
    ...{ principal: systemPrincipal, requestId: id, validation: 'strict', catalog: coreCatalog },
    batches: new Map<string, unknown>(),
  } as unknown as Context
  return executor.execute({ document: documentOf(body.query), variables: body.variables }, ctx)
})
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
