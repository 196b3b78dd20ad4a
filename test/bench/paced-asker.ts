import { Agent, get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

// A process of its own that asks at even intervals, whether answered or not, as many people do. Its arguments: address,
// headers in JSON, how often a second, for how many seconds. Prints the milliseconds that each answer took, in JSON.

const [url = '', headers = '{}', perSecond = '100', seconds = '5'] = process.argv.slice(2)
const options = { agent: new Agent({ keepAlive: true }), headers: JSON.parse(headers) as Record<string, string> }
const began = performance.now()
const answers: Promise<number>[] = []

while (answers.length < Number(perSecond) * Number(seconds)) {
  const due = began + (answers.length * 1000) / Number(perSecond)
  const early = due - performance.now()
  if (early > 0) await wait(early)
  answers.push(msOfOne())
}
process.stdout.write(JSON.stringify(await Promise.all(answers)), () => process.exit())

function msOfOne(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const sent = performance.now()
  get(url, options, response => {
    if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode ?? ''}`))
    response.resume().on('end', () => resolve(performance.now() - sent))
  }).on('error', reject)
  return promise
}
