import { Agent, request } from 'undici'
import { signedHeaders, signerOf } from '../../subgraphs/webhooks/signing/sign.ts'

// The least that sends webhooks: a loop that signs and posts the same bytes with undici. `webhook-bare.ts URL SECRET SECONDS BODY`.

const [url = '', secret = '', seconds = '5', text = '{}'] = process.argv.slice(2)
const atOnce = 64
const agent = new Agent({ connections: atOnce })
const signers = [signerOf(secret)]
const body = Buffer.from(text)
const until = performance.now() + Number(seconds) * 1000
let sent = 0
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (performance.now() < until) {
      const headers = signedHeaders(signers, String(++sent), Math.floor(Date.now() / 1000), body)
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
        dispatcher: agent,
      })
      await answer.body.dump()
    }
  }),
)
process.send?.(sent / Number(seconds))
await agent.close()
process.disconnect()
