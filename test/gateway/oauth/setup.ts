import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { afterAll } from 'vitest'
import { openSecrets } from '../../../drizzle/secrets.ts'
import type { Alert } from '../../../gateway/log.ts'
import { challengeFor } from '../../../gateway/oauth/challenge.ts'
import { oauthDoors } from '../../../gateway/oauth/doors.ts'
import { openIdentity, type Identity, type IdentityDeps } from '../../../gateway/oauth/identity.ts'
import { testDatabase } from '../../database.ts'
import { storedPassword } from '../../passwords.ts'

export type Client = { client_id: string; client_secret: string }
type Grant = 'password' | 'client_credentials' | 'authorization_code'

const dataDir = mkdtempSync(join(tmpdir(), 'identity-'))
/** The same for all processes of the house. */
export const secrets = openSecrets({ dataDir })

/** A house with nothing but its identity edge: a database of its own, and real HTTP on a free port. */
export async function identityHouse() {
  const { pool: sql } = await testDatabase()
  const troubles: unknown[] = []
  const alerts: { event: string; [fact: string]: unknown }[] = []
  const alert: Alert = (event, facts) => void alerts.push({ event, ...facts })
  const opened: Identity[] = []
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  /** Another process of the same house. */
  const open = async (deps: Partial<IdentityDeps> = {}) => {
    const report = (error: unknown) => void troubles.push(error)
    const identity = await openIdentity({ sql, secrets, issuer, report, alert, ...deps })
    opened.push(identity)
    return identity
  }
  const identity = await open()
  const app = Fastify()
  await app.register(oauthDoors(identity))
  /** What V8's own door does. */
  app.post('/logout', async (request, reply) => {
    await identity.revokeAccessToken(request.headers.authorization)
    return reply.send({})
  })
  app.get('/who', async (request, reply) => {
    const caller = await identity.authenticate(request)
    if (caller.kind === 'ok') return reply.send(caller)
    const shown = { credential: request.headers.authorization, issuer, resource: '' }
    return reply.header('www-authenticate', challengeFor(caller, shown)).send(caller)
  })
  const base = await app.listen({ port, host: '127.0.0.1' })
  afterAll(async () => {
    await app.close()
    for (const each of opened) await each.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  return {
    sql,
    base,
    identity,
    open,
    /** What operators were told of. */
    alerts,
    /** What was reported as unexpected. */
    troubles,
    async aUser(
      name: string,
      { hash, ...columns }: { hash?: string; status?: string; [column: string]: unknown } = {},
    ) {
      const id = randomUUID()
      const user_hash = hash ?? (await storedPassword(`${name}-password`))
      await sql`insert into users ${sql({ id, user_name: name, user_hash, status: 'Active', last_name: name, ...columns })}`
      return { id, name, password: `${name}-password` }
    },
    /** One that came from SuiteCRM, or with settings (a row of `api_client_settings`) one of ours. */
    async aClient(
      grant: Grant,
      columns: Record<string, unknown> = {},
      settings?: Record<string, unknown>,
    ): Promise<Client> {
      const client_id = randomUUID()
      const secret = createHash('sha256').update('open sesame').digest('hex')
      await sql`insert into oauth2clients ${sql({
        id: client_id,
        name: `${grant} client`,
        secret,
        allowed_grant_type: grant,
        is_confidential: true,
        ...columns,
      })}`
      if (settings) await sql`insert into api_client_settings ${sql({ client_id, ...settings })}`
      return { client_id, client_secret: 'open sesame' }
    },
    /** Asks for a token with a form; answers what came back. */
    async token(form: Record<string, string>, headers: Record<string, string> = {}) {
      const body = new URLSearchParams(form)
      return answerOf(await fetch(`${base}/Api/access_token`, { method: 'POST', body, headers }))
    },
    async who(token: string) {
      const response = await fetch(`${base}/who`, { headers: { authorization: `Bearer ${token}` } })
      return (await response.json()) as Awaited<ReturnType<Identity['authenticate']>>
    },
  }
}

/** Tokens name the address of their issuer, so it has to be known before the server is. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return port
}

/** A request with this `Authorization`. */
export const shown = (authorization: string | undefined) => ({ headers: { authorization }, method: 'GET', url: '/' })

export async function answerOf(response: Response) {
  const text = await response.text()
  const json: Record<string, string | number | undefined> = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: response.status, headers: response.headers, text, json }
}

/** The text of a token in an answer. */
export const tokenIn = (answer: { json: Record<string, unknown> }, name = 'access_token') => String(answer.json[name])

export const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))

export const headerOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'))
