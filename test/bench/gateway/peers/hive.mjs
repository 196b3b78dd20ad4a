import { createGatewayRuntime } from '@graphql-hive/gateway'
import { unifiedGraphHandler } from '@graphql-hive/router-runtime'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

// @graphql-hive/gateway with its planner in Rust, for the supergraph in the given file. A program.

const [, , , file] = process.argv
const gateway = createGatewayRuntime({
  supergraph: readFileSync(file, 'utf8'),
  unifiedGraphHandler,
  logging: false,
  graphiql: false,
  landingPage: false,
})
const server = createServer(gateway)
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))

// It has handlers of its own that let go of nothing.
process.removeAllListeners('SIGTERM').on('SIGTERM', () => process.exit())
