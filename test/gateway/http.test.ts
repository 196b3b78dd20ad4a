import { once } from 'node:events'
import { connect } from 'node:net'
import { pino } from 'pino'
import { afterAll, expect, it } from 'vitest'
import { openHttp } from '../../gateway/http.ts'
import { requestSignal } from '../../gateway/request-signal.ts'

const lines: Record<string, unknown>[] = []
const log = pino({ base: null }, { write: line => void lines.push(JSON.parse(line) as never) })
const app = openHttp({ log, report: () => {}, trustProxy: false })
app.get('/here', request => ({ id: request.id }))
app.get('/late', async (_request, reply) => {
  const signal = requestSignal(reply.raw, Date.now() + 30)
  await once(signal, 'abort')
  return { reason: (signal.reason as Error).name }
})
const url = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
afterAll(() => app.close())

/** Sends lines as they are; answers the status line. */
function send(...lines: string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect(Number(url.port), url.hostname, () => socket.end(`${lines.join('\r\n')}\r\n\r\n`))
  let text = ''
  socket.setEncoding('utf8').on('data', chunk => (text += String(chunk)))
  socket.on('error', reject).on('close', () => resolve(text.split('\r\n', 1)[0] ?? ''))
  return promise
}

it('refuses requests that a proxy might read differently', async () => {
  expect(await send('GET /here HTTP/1.1', 'Host: a', 'Connection: close')).toContain('200')
  expect(await send('GET /here HTTP/1.1', 'Host: a', 'Host: b', 'Connection: close')).toContain('400')
  expect(await send('GET http://other/here HTTP/1.1', 'Host: a', 'Connection: close')).toContain('400')
  expect(await send('GET /here HTTP/1.1', 'Connection: close')).toContain('400')
  expect(await send('nonsense')).toContain('400')
  expect(await send('GET /%zz HTTP/1.1', 'Host: a', 'Connection: close')).toContain('400')
})

it('takes a client’s name for the request when it is one, and answers with it', async () => {
  const idFor = async (id: string) =>
    (await fetch(new URL('/here', url), { headers: { 'x-request-id': id } })).headers.get('x-request-id')

  expect(await idFor('order-2030:1')).toBe('order-2030:1')
  expect(await idFor('a b {"x":1}')).toMatch(/^[0-9a-f-]{36}$/)
  expect(await idFor('x'.repeat(200))).toMatch(/^[0-9a-f-]{36}$/)
})

it('ends the work of a request when its time is over', async () => {
  const response = await fetch(new URL('/late', url))

  expect(await response.json()).toEqual({ reason: 'TimeoutError' })
})

it('guards against sniffing, and keeps query strings out of the log', async () => {
  const response = await fetch(new URL('/here?session=secret', url))

  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  await expect.poll(() => lines.at(-1)?.route).toBe('/here')
  expect(JSON.stringify(lines)).not.toContain('secret')
})

it('answers an unknown address with 404', async () => {
  const response = await fetch(new URL('/nowhere', url))

  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ error: 'NOT_FOUND' })
})
