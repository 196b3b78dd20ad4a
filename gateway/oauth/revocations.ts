import type { Pool } from '../../drizzle/client.ts'
import type { Notices } from './notices.ts'
import type { TokenId } from './token-id.ts'

/** Access tokens that are refused although they verify. Known in memory, so that asking costs nothing. */
export type Revocations = {
  isRevoked(token: TokenId): boolean
  /** Did the user or the API client sign out everywhere since a token was issued? */
  isOutdated(token: TokenId, owners: { userId: string; clientId: string }): boolean
  /**
   * Refuses the tokens of a family below a generation: here at once, in other processes when the notice arrives.
   *
   * @param until  when the last of these tokens expires by itself
   */
  revoke(family: string, below: number, until: Date): Promise<void>
  /** Refuses them in this process, for revocations that are stored already. */
  remember(family: string, below: number, until: Date): void
  close(): void
}

/** Something is refused below a number: tokens of a family by generation, those of a user or client by moment. */
type Mark = { readonly below: number; readonly expiresAt: number }
type Marks = Map<string, Mark>
type Row = { key: string; below: string | number; expires_at: string }

/** Notices can be lost; what was revoked in the last minute is read again this often. */
const pollMs = 3_000
const overlapMs = 60_000

/** @throws when the revocations cannot be read: nothing may be served without them */
export async function openRevocations(sql: Pool, notices: Notices, now: () => Date): Promise<Revocations> {
  const families: Marks = new Map()
  const epochs: Marks = new Map()
  let readTo = 0

  const read = async () => {
    const from = new Date(readTo - overlapMs).toISOString()
    const started = now()
    const [familyRows, epochRows] = await Promise.all([
      sql<Row[]>`select family as key, below, expires_at from oauth_revocation
        where revoked_at >= ${from} and expires_at > ${started.toISOString()}`,
      sql<Row[]>`select kind || '/' || id as key, extract(epoch from valid_after) * 1000 as below, expires_at
        from oauth_epoch where valid_after >= ${from} and expires_at > ${started.toISOString()}`,
    ])
    for (const [marks, rows] of [[families, familyRows] as const, [epochs, epochRows] as const]) {
      for (const row of rows) {
        remember(marks, row.key, { below: Number(row.below), expiresAt: Date.parse(`${row.expires_at}Z`) })
      }
      for (const [key, mark] of marks) if (mark.expiresAt < started.getTime()) marks.delete(key)
    }
    readTo = started.getTime()
  }
  const readQuietly = () => void read().catch(() => undefined)

  notices.on('revoked', ({ family, below, expiresAt }) => remember(families, family, { below, expiresAt }))
  notices.on('epoch', ({ of, id, validAfter, expiresAt }) =>
    remember(epochs, `${of}/${id}`, { below: validAfter, expiresAt }),
  )
  notices.onConnect(readQuietly)
  await read()
  const timer = setInterval(readQuietly, pollMs)
  timer.unref()

  return {
    isRevoked: ({ family, generation }) => generation < (families.get(family)?.below ?? 0),
    isOutdated: ({ issuedAt }, { userId, clientId }) =>
      epochs.size > 0 &&
      (issuedAt < (epochs.get(`user/${userId}`)?.below ?? 0) ||
        issuedAt < (epochs.get(`client/${clientId}`)?.below ?? 0)),
    async revoke(family, below, until) {
      const expiresAt = until.toISOString()
      const revokedAt = now().toISOString()
      await sql`insert into oauth_revocation as known (family, below, revoked_at, expires_at)
        values (${family}, ${below}, ${revokedAt}, ${expiresAt})
        on conflict (family) do update set below = greatest(known.below, excluded.below),
          revoked_at = excluded.revoked_at, expires_at = greatest(known.expires_at, excluded.expires_at)`
      await notices.send({ kind: 'revoked', family, below, expiresAt: until.getTime() })
    },
    remember: (family, below, until) => remember(families, family, { below, expiresAt: until.getTime() }),
    close: () => clearInterval(timer),
  }
}

function remember(marks: Marks, key: string, mark: Mark) {
  const known = marks.get(key)
  if (!known || known.below < mark.below) marks.set(key, mark)
}
