import type { Connection } from '../drizzle/client.ts'
import { transaction, type Context } from '../drizzle/context.ts'
import { placeOfPepper } from '../drizzle/peppers.ts'
import type { Secrets } from '../drizzle/secrets.ts'
import { sealedPlace } from '../subgraphs/webhooks/prepared-endpoint.ts'
import { placeOf as placeOfAnswer } from './idempotency.ts'
import { placeOfEntry } from './oauth/adapter.ts'
import { placeOf as placeOfKey } from './oauth/key-rotation.ts'

/** A column of sealed texts: `text` reads one, `assigned` replaces it by `$1`. */
type Sealed = {
  readonly what: string
  readonly table: string
  readonly keys: readonly string[]
  readonly text: string
  readonly assigned: string
  readonly place: (...keys: string[]) => string
}

const column = (name: string) => ({ text: name, assigned: `${name} = $1` })

/** Everything that is kept sealed. What is not listed cannot be opened any more when SECRET_KEY has changed. */
// prettier-ignore
export const sealedColumns: readonly Sealed[] = [
  { what: 'signing keys',            table: 'oauth_key',           keys: ['kid'],           ...column('sealed_jwk'),     place: (kid = '') => placeOfKey(kid) },
  { what: 'sign-ins',                table: 'oauth_entry',         keys: ['model', 'id'],   text: `payload ->> 'sealed'`, assigned: `payload = jsonb_build_object('sealed', $1::text)`, place: (model = '', id = '') => placeOfEntry(model, id) },
  { what: 'peppers',                 table: 'password_pepper',     keys: ['id'],            ...column('sealed'),         place: (id = '') => placeOfPepper(id) },
  { what: 'answers',                 table: 'idempotency_request', keys: ['caller', 'key'], ...column('sealed_body'),    place: (caller = '', key = '') => placeOfAnswer(caller, key) },
  { what: 'webhook headers',         table: 'webhook_endpoint',    keys: ['id'],            ...column('headers'),        place: (id = '') => sealedPlace.headers(id) },
  { what: 'webhook authentication',  table: 'webhook_endpoint',    keys: ['id'],            ...column('authentication'), place: (id = '') => sealedPlace.authentication(id) },
  { what: 'webhook secrets',         table: 'webhook_secret',      keys: ['id'],            ...column('sealed'),         place: (id = '') => sealedPlace.secret(id) },
  { what: 'webhook tokens',          table: 'webhook_token',       keys: ['endpoint_id'],   ...column('sealed'),         place: (id = '') => sealedPlace.token(id) },
]

/** What became of the texts of a column that were sealed under other keys. `lost`: none of the keys given opens them. */
export type Resealed = { readonly what: string; readonly resealed: number; readonly lost: number }

const pageMax = 500

/** How many texts are sealed under another key than this one. */
export async function countForeign(sql: Connection, { keyId }: Pick<Secrets, 'keyId'>): Promise<number> {
  let count = 0
  for (const { table, text } of sealedColumns) {
    const [row] = await sql.unsafe<{ count: number }[]>(
      `select count(*)::integer as count from ${table} where split_part(${text}, '.', 2) <> $1`,
      [keyId],
    )
    count += row?.count ?? 0
  }
  return count
}

/**
 * Seals everything under the present key that one of the other keys opens. What is changed meanwhile is left as it is then;
 * done twice it does nothing.
 */
export async function resealAll(ctx: Context, secrets: Secrets): Promise<readonly Resealed[]> {
  const results: Resealed[] = []
  for (const sealed of sealedColumns) results.push(await resealColumn(ctx, secrets, sealed))
  return results
}

async function resealColumn(ctx: Context, secrets: Secrets, { what, table, keys, text, assigned, place }: Sealed) {
  let [resealed, lost] = [0, 0]
  const listed = keys.join(', ')
  const page = `select array[${listed}]::text[] as keys, ${text} as sealed from ${table}
    where split_part(${text}, '.', 2) <> $1 and ($2::text[] is null or array[${listed}]::text[] > $2) order by array[${listed}]::text[] limit ${pageMax}`
  const change = `update ${table} set ${assigned}
    where array[${listed}]::text[] = $2 and ${text} = $3 returning 1`
  for (let after: readonly string[] | null = null; ;) {
    const rows: { keys: string[]; sealed: string }[] = await ctx.sql.unsafe(page, [secrets.keyId, after] as never[])
    await transaction(ctx, async ({ sql }) => {
      for (const row of rows) {
        const renewed = openedElse(() => secrets.reseal(row.sealed, place(...row.keys)))
        if (renewed === undefined) lost += 1
        else resealed += (await sql.unsafe(change, [renewed, row.keys, row.sealed] as never[])).length
      }
    })
    const last = rows.at(-1)
    if (!last || rows.length < pageMax) return { what, resealed, lost }
    after = last.keys
  }
}

function openedElse(open: () => string | undefined): string | undefined {
  try {
    return open()
  } catch {
    return undefined
  }
}
