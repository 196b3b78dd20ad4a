import Fastify from 'fastify'
import { plainAnswers } from './goods.ts'

// What the ratios are ratios to: a handler that reads the body and answers the same text, without any graph. A program.

const app = Fastify()
app.post<{ Body: { variables: { id: string } } }>('/one', ({ body }) => ({ data: plainAnswers.one(body.variables.id) }))
app.post<{ Body: { variables: { first: number } } }>('/list', ({ body }) => ({
  data: plainAnswers.list(body.variables.first),
}))
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
