import type { Pool } from '../../drizzle/client.ts'
import type { Notices } from './notices.ts'
import type { TokenId } from './token-id.ts'

/** Access tokens that are refused although they verify. Known in memory, so that asking costs nothing. */
export type Revocations = {
  isRevoked(token: TokenId): boolean
  /**
   * Refuses the tokens of a family below a generation: here at once, in other processes when the notice arrives.
   *
   * @param until  when the last of these tokens expires by itself
   */
  revoke(family: string, below: number, until: Date): Promise<void>
  close(): void
}

/** Above every generation. */
export const everyGeneration = 2 ** 31 - 1

type Mark = { readonly below: number; readonly expiresAt: number }
type Row = { family: string; below: number; expires_at: string }

/** Notices can be lost; what was revoked in the last minute is read again this often. */
const pollMs = 5_000
const overlapMs = 60_000

/** @throws when the revocations cannot be read: nothing may be served without them */
export async function openRevocations(sql: Pool, notices: Notices, now: () => Date): Promise<Revocations> {
  const marks = new Map<string, Mark>()
  let readTo = 0

  const remember = (family: string, mark: Mark) => {
    const known = marks.get(family)
    if (!known || known.below < mark.below) marks.set(family, mark)
  }
  const read = async () => {
    const from = new Date(readTo - overlapMs).toISOString()
    const started = now().getTime()
    const rows = await sql<Row[]>`select family, below, expires_at from oauth_revocation
      where revoked_at >= ${from} and expires_at > ${now().toISOString()}`
    for (const row of rows) remember(row.family, { below: row.below, expiresAt: Date.parse(`${row.expires_at}Z`) })
    for (const [family, mark] of marks) if (mark.expiresAt < started) marks.delete(family)
    readTo = started
  }
  const readQuietly = () => void read().catch(() => undefined)

  notices.on('revoked', ({ family, below, expiresAt }) => remember(family, { below, expiresAt }))
  notices.onConnect(readQuietly)
  await read()
  const timer = setInterval(readQuietly, pollMs)
  timer.unref()

  return {
    isRevoked: ({ family, generation }) => generation < (marks.get(family)?.below ?? 0),
    async revoke(family, below, until) {
      const expiresAt = until.toISOString()
      const revokedAt = now().toISOString()
      await sql`insert into oauth_revocation as known (family, below, revoked_at, expires_at)
        values (${family}, ${below}, ${revokedAt}, ${expiresAt})
        on conflict (family) do update set below = greatest(known.below, excluded.below),
          revoked_at = excluded.revoked_at, expires_at = greatest(known.expires_at, excluded.expires_at)`
      await notices.send({ kind: 'revoked', family, below, expiresAt: until.getTime() })
    },
    close: () => clearInterval(timer),
  }
}
