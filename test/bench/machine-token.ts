import type { House } from './house.ts'

/** An access token of the demo's client that acts by itself. */
export async function machineToken({ url, access }: House): Promise<string> {
  const client = access.clients.find(({ grant }) => grant === 'client_credentials')
  if (!client) throw new Error('the demo has no such client')
  const body = new URLSearchParams({ grant_type: client.grant, client_id: client.id, client_secret: client.secret })
  const response = await fetch(`${url}/Api/access_token`, { method: 'POST', body })
  const { access_token: token } = (await response.json()) as { access_token: string }
  return token
}
