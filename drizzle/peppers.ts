import { randomBytes } from 'node:crypto'
import { audit } from './audit.ts'
import type { Connection, Pool } from './client.ts'
import { transaction, type Context } from './context.ts'
import type { Secrets } from './secrets.ts'
import { begin } from './transaction.ts'

/** A key that is mixed into passwords, so that who has the database alone cannot even guess at them. */
export type Pepper = { readonly id: string; readonly key: Buffer }

export type Peppers = {
  /** The one for new hashes; the first is made when it is asked for. */
  active(): Promise<Pepper>
  /** Any, old ones too. */
  find(id: string): Promise<Pepper | undefined>
}

type Row = { id: string; state: 'active' | 'old'; sealed: string }

/** Another process may have made a new one active. */
const rememberMs = 60_000
const lockKey = 74_120_033

export const placeOfPepper = (id: string) => `password_pepper/${id}`

/** The peppers of an installation, which stand sealed in its database and open in memory. */
export function createPeppers(sql: Pool, secrets: Secrets): Peppers {
  let known = new Map<string, Pepper>()
  let current: { readonly pepper: Pepper; readonly until: number } | undefined

  const read = async () => {
    const rows = await sql<Row[]>`select id, state, sealed from password_pepper`
    known = new Map(rows.map(({ id, sealed }) => [id, opened(secrets, id, sealed)]))
    return known.get(rows.find(row => row.state === 'active')?.id ?? '')
  }

  return {
    async active() {
      if (current && current.until > Date.now()) return current.pepper
      const pepper = (await read()) ?? (await begin(sql, tx => makeActive(tx, secrets, false)))
      known.set(pepper.id, pepper)
      current = { pepper, until: Date.now() + rememberMs }
      return pepper
    },
    async find(id) {
      if (!known.has(id)) await read()
      return known.get(id)
    },
  }
}

/** Makes a new pepper the active one. What was stored under older ones still verifies, and is stored anew at login. */
export const rotatePepper = (ctx: Context, secrets: Secrets): Promise<Pepper> =>
  transaction(ctx, async tx => {
    const pepper = await makeActive(tx.sql, secrets, true)
    audit(tx, { action: 'pepper.rotated', id: pepper.id, after: { state: 'active' } })
    return pepper
  })

/** @param isRotation  also when there is an active one already */
async function makeActive(sql: Connection, secrets: Secrets, isRotation: boolean): Promise<Pepper> {
  await sql`select pg_advisory_xact_lock(${lockKey})`
  const [active] = await sql<Row[]>`select id, state, sealed from password_pepper where state = 'active'`
  if (active && !isRotation) return opened(secrets, active.id, active.sealed)
  const pepper = { id: randomBytes(4).toString('hex'), key: randomBytes(32) }
  const sealed = secrets.seal(pepper.key.toString('base64url'), placeOfPepper(pepper.id))
  await sql`update password_pepper set state = 'old' where state = 'active'`
  await sql`insert into password_pepper (id, state, sealed, created_at)
    values (${pepper.id}, 'active', ${sealed}, ${new Date().toISOString()})`
  return pepper
}

const opened = (secrets: Secrets, id: string, sealed: string): Pepper => ({
  id,
  key: Buffer.from(secrets.open(sealed, placeOfPepper(id)), 'base64url'),
})
