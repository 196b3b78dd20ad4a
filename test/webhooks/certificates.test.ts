import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Agent, request } from 'undici'
import { afterAll, describe, expect, it } from 'vitest'
import { guardedConnector } from '../../gateway/outgoing/guard.ts'
import { expiryOf, readCertificate } from '../../subgraphs/webhooks/authentication.ts'
import { certificateWarnings } from '../../subgraphs/webhooks/endpoints.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'certificates-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A certificate that signs itself. */
function aCertificate(name: string, days = 100) {
  const [cert, key] = [path.join(folder, `${name}.crt`), path.join(folder, `${name}.key`)]
  const made = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    String(days),
  ]
  const named = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert]
  execFileSync('openssl', [...made, ...named], { stdio: 'ignore' })
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}
const [ours, theirs] = [aCertificate('switchyard'), aCertificate('receiver')]

describe('a client certificate', () => {
  it('is taken with the key that is its own, while it is good', () => {
    expect(readCertificate(ours, new Date())).toEqual(ours)
    for (const given of [{ ...ours, key: theirs.key }, { cert: 'x', key: ours.key }, { cert: ours.cert, key: 'x' }, {}])
      expect(() => readCertificate(given, new Date())).toThrow(/certificate cannot be saved/)
    expect(() => readCertificate(ours, new Date('2199-01-01'))).toThrow('/cert is over')
  })

  it.each([
    [31, []],
    [29, ['The client certificate ends within 30 days']],
    [6, ['The client certificate ends within 7 days']],
    [0.5, ['The client certificate ends within 1 day']],
    [-1, ['The client certificate is over: receivers refuse it']],
  ])('that ends in %s days is warned of', (days, warnings) => {
    const expires = expiryOf(ours)

    expect(certificateWarnings(expires, new Date(expires.getTime() - days * 86_400_000))).toEqual(warnings)
  })

  it('is shown to the receiver, through the guard, which applies all the same', async () => {
    const options = { key: theirs.key, cert: theirs.cert, ca: ours.cert, requestCert: true, rejectUnauthorized: true }
    const server = createServer(options, (request, response) =>
      response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN),
    )
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const call = async (allow: readonly string[], certificate: object) => {
      const connect = guardedConnector({ allow, isHttpsRequired: true }, { ca: theirs.cert, ...certificate })
      const dispatcher = new Agent({ connect })
      try {
        return await (await request(url, { dispatcher })).body.text()
      } catch (error) {
        return (error as { code?: string }).code
      } finally {
        await dispatcher.close()
      }
    }

    expect(await call(['127.0.0.1'], ours)).toBe('switchyard')
    expect(await call(['127.0.0.1'], {})).not.toBe('switchyard')
    expect(await call([], ours)).toBe('EFORBIDDENADDRESS')
    server.closeAllConnections()
    server.close()
  })
})
