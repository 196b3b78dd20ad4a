import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { afterAll } from 'vitest'
import { openSecrets } from '../../../drizzle/secrets.ts'
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
  const opened: Identity[] = []
  /** Another process of the same house. */
  const open = async (deps: Partial<IdentityDeps> = {}) => {
    const report = (error: unknown) => void troubles.push(error)
    const identity = await openIdentity({ sql, secrets, issuer: 'http://127.0.0.1:4000', report, ...deps })
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
    const caller = await identity.authenticateBearer(request.headers.authorization)
    return reply.send(caller)
  })
  const base = await app.listen({ port: 0, host: '127.0.0.1' })
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
      return (await response.json()) as Awaited<ReturnType<Identity['authenticateBearer']>>
    },
  }
}

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
