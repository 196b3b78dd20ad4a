import { z } from 'zod'
import { rssMbOf } from './cpu.ts'
import type { House } from './house.ts'
import { once } from './load.ts'
import { printTable } from './print.ts'

const rows = 25_000
const perPage = 100

const pageSchema = z.object({
  data: z.object({
    accounts: z.object({ nodes: z.array(z.unknown()), pageInfo: z.object({ endCursor: z.string().nullable() }) }),
  }),
})

/** Lists 25,000 accounts of a house over GraphQL, page by page, and prints how much memory it has meanwhile. */
export async function listMany(house: House) {
  const authorization = await authorizationOf(house)
  const lines: (string | number)[][] = []
  let listed = 0
  let after: string | null = null
  const began = performance.now()
  const note = async () => {
    const residentMb = rssMbOf(house.pid)
    const seconds = (performance.now() - began) / 1000
    lines.push([listed, residentMb.toFixed(0), (await house.heapMb()).toFixed(1), seconds.toFixed(1)])
  }
  await note()
  while (listed < rows) {
    const query = `query ($after: String) { accounts(first: ${perPage}, after: $after) { nodes { id name description phone_office email1 assigned_user_name billing_address_city } pageInfo { endCursor } } }`
    const body = JSON.stringify({ query, variables: { after } })
    const headers = { authorization, 'content-type': 'application/json' }
    const answer = await once({ method: 'POST', url: `${house.url}/graphql`, headers, body })
    const { accounts } = pageSchema.parse(JSON.parse(answer)).data
    listed += accounts.nodes.length
    after = accounts.pageInfo.endCursor
    if (listed % 5_000 === 0) await note()
  }
  printTable(['rows listed', 'resident MB', 'heap MB after collection', 's'], lines)
}

async function authorizationOf({ url, access }: House): Promise<string> {
  const client = access.clients.find(each => each.grant === 'client_credentials')
  const form = { grant_type: 'client_credentials', client_id: client?.id ?? '', client_secret: client?.secret ?? '' }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams(form).toString()
  const answer = await once({ method: 'POST', url: `${url}/Api/access_token`, headers, body })
  return `Bearer ${z.object({ access_token: z.string() }).parse(JSON.parse(answer)).access_token}`
}
