// A process that uses a private PostgreSQL until it is told to stop: node --import tsx user-of-embedded.ts <dir>
import { startEmbedded } from '../../drizzle/embedded.ts'

const server = await startEmbedded({ dir: process.argv[2] ?? '', log: message => console.error(message) })
process.once('SIGTERM', () => void server.stop())
console.log(JSON.stringify({ url: server.url, adopted: server.adopted }))
