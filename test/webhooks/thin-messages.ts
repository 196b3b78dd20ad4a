import type { Pool } from '../../drizzle/client.ts'
import type { Messages } from '../../subgraphs/webhooks/message.ts'
import { signedHeaders, signerOf } from '../../subgraphs/webhooks/signing/sign.ts'

/** The plainest messages there are: the event's type and record, signed with one secret. */
export function thinMessages(sql: Pool, secret: string): Messages {
  const signers = [signerOf(secret)]
  const urls = new Map<string, string>()
  return {
    async make(due) {
      const messages = []
      for (const { endpoint, delivery, event } of due) {
        const url = urls.get(endpoint.id) ?? (await urlOf(sql, endpoint.id))
        urls.set(endpoint.id, url)
        const { type, module, recordId, sequence } = event
        const text = delivery.isProbe ? '' : JSON.stringify({ type, data: { module, id: recordId, sequence } })
        const body = Buffer.from(text)
        const headers = {
          'content-type': 'application/json',
          'x-attempt': String(delivery.attempt),
          'x-unknown': String(delivery.isPreviousUnknown),
          ...signedHeaders(signers, String(event.id), Math.floor(Date.now() / 1000), body),
        }
        messages.push({ kind: 'request' as const, url, headers, body, isCutToThin: false })
      }
      return messages
    },
    unauthorized: () => false,
  }
}

async function urlOf(sql: Pool, id: string) {
  const [row] = await sql<{ url: string }[]>`select url from webhook_endpoint where id = ${id}`
  return row?.url ?? ''
}
