import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Pool } from '../drizzle/client.ts'

/** What happens to documents that are not registered for the client that sends them: they run, run and are logged, or not. */
export type DocumentPolicy = 'off' | 'log' | 'only'

/** The documents that are registered for API clients; see subgraphs/identity/documents.ts. */
export type TrustedDocuments = {
  readonly policy: DocumentPolicy
  /** The text of a document that a client may run by its id. */
  find(client: string, id: string): Promise<string | undefined>
  /** Is this text registered for the client? */
  has(client: string, text: string): Promise<boolean>
}

/** What is registered or removed holds everywhere after this time. */
const rememberMs = 2_000
const rememberedMax = 5_000
const rememberedChars = 5_000_000

export function trustedDocuments(sql: Pool, policy: DocumentPolicy): TrustedDocuments {
  const known = new LRUCache<string, { readonly text: string | undefined }>({
    max: rememberedMax,
    maxSize: rememberedChars,
    sizeCalculation: ({ text = '' }) => text.length + 1,
    ttl: rememberMs,
  })

  async function find(client: string, id: string) {
    const key = `${client}|${id}`
    const remembered = known.get(key)
    if (remembered) return remembered.text
    if (!idForm.test(id)) return undefined
    const [row] = await sql<{ text: string }[]>`select text from trusted_document
      where client_id = ${client} and id = ${id}`
    known.set(key, { text: row?.text })
    return row?.text
  }

  return {
    policy,
    // Apollo's manifests have the bare hash.
    find: (client, id) => find(client, /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id),
    has: async (client, text) => (await find(client, `sha256:${hash('sha256', text)}`)) !== undefined,
  }
}

const idForm = /^sha256:[0-9a-f]{64}$/
