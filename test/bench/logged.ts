import { randomUUID } from 'node:crypto'
import { openLog, noteOf } from '../../gateway/log.ts'
import { openHttp } from '../../gateway/http.ts'
import { holdGraphs } from '../../gateway/graphs.ts'
import { openMetrics } from '../../gateway/metrics.ts'
import { openRequestLog } from '../../gateway/request-log.ts'
import { openGraph } from '../../gateway/supergraph/graph.ts'
import { openUsage } from '../../gateway/usage.ts'
import { connect } from '../../drizzle/client.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { fastify } from 'fastify'

// One process with two servers that answer the same: one keeps a log of it as the house does, the other keeps none. What a
// request costs more at the first is what its log costs. Parameter: the database. Each message is answered once all rows
// are stored.

const [url = ''] = process.argv.slice(2)
const pool = connect(url, { max: 2 })
const silent = openLog('info', { write: () => undefined })
const report = (error: unknown) => console.error(error)
const graphs = holdGraphs(await openGraph(coreCatalog, { report }))
const requests = openRequestLog({ url, log: silent })
const usage = openUsage({ sql: pool, graphs, announced: new Map(), report })
const metrics = openMetrics(requests.counts)

const answer = { data: { type: 'Account', id: 'x', attributes: { name: 'x'.repeat(1_000) } } }
const used = {
  names: new Set(Object.keys(coreCatalog.modules[0]?.fields ?? {}).map(name => `Accounts.${name}`)),
  deprecated: [],
}
const caller = { userId: randomUUID(), clientId: randomUUID(), version: '8.0', operation: 'getRecord', door: 'v8' }

const kept = openHttp({
  log: openLog('info'),
  report,
  trustProxy: false,
  onEntry(entry, uses) {
    requests.add(entry)
    usage.add(entry, uses)
    metrics.observe(entry)
  },
})
kept.get('/one', (request, reply) => {
  const note = Object.assign(noteOf(request), { ...caller, route: '/Api/V8/module/:moduleName/:id', cost: 1 })
  note.uses.add(used)
  note.meter.ended(1)
  return reply.send(answer)
})
const bare = fastify({ genReqId: () => randomUUID() })
bare.addHook('onRequest', (request, reply, done) => {
  void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
  done()
})
bare.get('/one', (_request, reply) => reply.send(answer))

const listen = { port: 0, host: '127.0.0.1' }
process.send?.({ kept: await kept.listen(listen), bare: await bare.listen(listen) })
process.on('message', () => {
  const look = () => (requests.counts.waiting === 0 ? process.send?.(requests.counts) : setTimeout(look, 20))
  look()
})
