import type { Pool } from '../client.ts'
import { isBareMd5, type PasswordHashes } from '../password-hash.ts'
import type { SourceRow } from './lots.ts'
import type { TablePlan } from './plan.ts'

/** Changes rows of the source before they are stored. */
export type Prepare = (rows: readonly SourceRow[]) => Promise<readonly SourceRow[]>

/**
 * Rows of users as they are to be stored: a bare MD5 is hashed, and what stands here stays as long as it is another form
 * of the same hash, so that another import changes nothing. bcrypt comes as it is: it becomes ours at the first login.
 */
export function preparePasswords(pool: Pool, passwords: PasswordHashes, { columns }: TablePlan): Prepare {
  const at = columns.findIndex(column => column.name === 'user_hash')
  return async rows => {
    const known = await storedHashes(pool, rows)
    return Promise.all(
      rows.map(async row => {
        const [id, hash] = [row[0], row[at]]
        if (typeof id !== 'string' || typeof hash !== 'string') return row
        const stored = known.get(id)
        if (stored && (await passwords.isFrom(stored, hash))) return row.with(at, stored)
        return isBareMd5(hash) ? row.with(at, await passwords.hash(hash)) : row
      }),
    )
  }
}

async function storedHashes(pool: Pool, rows: readonly SourceRow[]) {
  const ids = rows
    .map(row => row[0])
    .filter(id => typeof id === 'string')
    .filter(id => !id.includes('\0'))
  const stored = await pool<{ id: string; user_hash: string }[]>`
    select id, user_hash from users where id = any (${ids}::text[]) and user_hash is not null`
  return new Map(stored.map(row => [row.id, row.user_hash]))
}
