import { createHash } from 'node:crypto'
import { GraphQLError, Kind, parse } from 'graphql'
import { audit } from '../../drizzle/audit.ts'
import { momentOf, transaction, type Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { requireAdmin } from './permission.ts'

/** A GraphQL document that an API client may run by its id. */
export type TrustedDocument = {
  readonly id: string
  readonly clientId: string
  readonly text: string
  readonly registeredAt: string
}

const textsMax = 1_000
const charactersMax = 100_000
const tokensMax = 4_000

/** As the draft of persisted documents for GraphQL over HTTP names them. */
export const documentId = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** The documents of a client. */
export async function listDocuments(ctx: Context, clientId: string): Promise<TrustedDocument[]> {
  requireAdmin(ctx)
  return ctx.sql<TrustedDocument[]>`select id, client_id as "clientId", text, registered_at as "registeredAt"
    from trusted_document where client_id = ${clientId} order by registered_at, id limit 10000`
}

/**
 * Registers documents for an API client or key; those it has already stay.
 *
 * @returns their ids, in the order of the texts
 * @throws INVALID  one is no document with an operation, or too large
 * @throws NOT_FOUND  there is no such client
 */
export async function registerDocuments(ctx: Context, clientId: string, texts: readonly string[]): Promise<string[]> {
  requireAdmin(ctx)
  if (texts.length === 0 || texts.length > textsMax)
    throw new HouseError('INVALID', `Register 1 to ${textsMax} documents at a time`, { field: 'texts' })
  texts.forEach(check)
  const [known] = clientId.includes('\0')
    ? []
    : await ctx.sql`select from oauth2clients where id = ${clientId} and not deleted
        union all select from api_key where id = ${clientId}`
  if (!known) throw new HouseError('NOT_FOUND', `There is no API client or key ${clientId}`, { id: clientId })
  const rows = [...new Set(texts)].map(text => ({
    client_id: clientId,
    id: documentId(text),
    text,
    registered_by: ctx.principal.userId,
    registered_at: momentOf(ctx.now()),
  }))
  await transaction(ctx, async tx => {
    const made = await tx.sql<{ id: string }[]>`insert into trusted_document ${tx.sql(rows)}
      on conflict do nothing returning id`
    for (const { id } of made)
      audit(tx, { action: 'document.registered', id, relatedId: clientId, after: { clientId } })
  })
  return texts.map(documentId)
}

/**
 * From now on the client may no longer run it.
 *
 * @throws NOT_FOUND  the client has no such document
 */
export async function removeDocument(ctx: Context, clientId: string, id: string): Promise<string> {
  requireAdmin(ctx)
  return transaction(ctx, async tx => {
    const { count } = await tx.sql`delete from trusted_document where client_id = ${clientId} and id = ${id}`
    if (count === 0) throw new HouseError('NOT_FOUND', `${clientId} has no document ${id}`, { id })
    audit(tx, { action: 'document.removed', id, relatedId: clientId, before: { clientId } })
    return id
  })
}

function check(text: string, position: number) {
  const invalid = (what: string) => new HouseError('INVALID', `Document ${position + 1}: ${what}`, { field: 'texts' })
  if (text.length > charactersMax || text.includes('\0')) throw invalid(`it has more than ${charactersMax} characters`)
  try {
    const { definitions } = parse(text, { maxTokens: tokensMax, noLocation: true })
    if (definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) return
  } catch (error) {
    throw invalid(error instanceof GraphQLError ? error.message : 'it cannot be read')
  }
  throw invalid('it has no operation')
}
