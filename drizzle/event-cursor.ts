import { HouseError } from '../schema/errors.ts'

/** A place in the log of events: behind the event of that position and id. */
export type Place = { readonly position: number; readonly id: number }

/**
 * Which transactions a reader of tables had seen, in PostgreSQL's words: all below `from`, none from `to` on, and of those
 * between all but `open`.
 */
export type Snapshot = { readonly from: number; readonly to: number; readonly open: readonly number[] }

/** Where a reader goes on. With a snapshot, it already knows what those transactions did. */
export type Cursor = Place & { readonly seen?: Snapshot }

/** Behind every event of a position. */
export const idMax = Number.MAX_SAFE_INTEGER

export const isBehind = (one: Place, other: Place) =>
  one.position > other.position || (one.position === other.position && one.id > other.id)

/** Had a reader with this snapshot seen what the transaction did? */
export const hasSeen = ({ from, to, open }: Snapshot, xid: number) => xid < from || (xid < to && !open.includes(xid))

/** `100:105:101,103` as pg_current_snapshot() writes it. */
export function readSnapshot(text: string): Snapshot | undefined {
  const [, from, to, open = ''] = /^(\d{1,16}):(\d{1,16}):((?:\d{1,16},?)*)$/.exec(text) ?? []
  if (from === undefined || to === undefined) return undefined
  return { from: Number(from), to: Number(to), open: open.split(',').filter(Boolean).map(Number) }
}

const textOfSnapshot = ({ from, to, open }: Snapshot) => `${from}:${to}:${open.join(',')}`

/** Behind all that the snapshot has settled; what it has seen of the rest is left out while reading. */
export const cursorAt = (seen: Snapshot): Cursor => ({ position: seen.from - 1, id: idMax, seen })

/** A cursor that has passed all that its snapshot could have seen does not need it any more. */
export function advanced({ seen }: Cursor, place: Place): Cursor {
  const { position, id } = place
  return seen && position < seen.to ? { position, id, seen } : { position, id }
}

/** Opaque to clients. It holds in the log that `epoch` names only. */
export const encodeEventCursor = (epoch: string, { position, id, seen }: Cursor) =>
  Buffer.from([epoch, position, id, ...(seen ? [textOfSnapshot(seen)] : [])].join('.')).toString('base64url')

/**
 * @throws BAD_REQUEST     no cursor of ours
 * @throws CURSOR_EXPIRED  of a log that is no more: the database was restored elsewhere
 */
export function decodeEventCursor(epoch: string, text: string): Cursor {
  const [of, position = '', id = '', snapshot] = Buffer.from(text, 'base64url').toString('utf8').split('.')
  const seen = snapshot === undefined ? undefined : readSnapshot(snapshot)
  const isCursor = /^\d{1,16}$/.test(position) && /^\d{1,16}$/.test(id) && (snapshot === undefined || seen)
  if (!of || !isCursor) {
    throw new HouseError('BAD_REQUEST', 'This is no cursor that an event has had', { argument: 'cursor' })
  }
  if (of !== epoch) throw expired()
  return { position: Number(position), id: Number(id), ...(seen && { seen }) }
}

export const expired = () =>
  new HouseError(
    'CURSOR_EXPIRED',
    'The events behind this cursor are not kept any more: take a snapshot and go on from its cursor',
    {
      argument: 'cursor',
      snapshot: '/events/snapshot?module=...',
    },
  )
