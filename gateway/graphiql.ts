import { createReadStream } from 'node:fs'
import path from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DemoAccess } from './demo.ts'
import type { DoorDeps } from './doors.ts'
import { graphiqlBundle } from './graphiql-bundle.ts'

/** Is it a browser that opens the address, rather than a client that asks something? */
export const wantsPage = ({ method, headers, query }: FastifyRequest) =>
  method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '') && !Object.hasOwn(query as object, 'query')

const bundle = graphiqlBundle()

/** GraphiQL's page. The files it names are ours; nothing is asked of anybody else. */
export async function sendPage(request: FastifyRequest, reply: FastifyReply, demo: DemoAccess | undefined) {
  const { version } = await bundle
  const account = isOnThisMachine(request) ? demoAccount(demo) : undefined
  return reply.headers(pageHeaders).send(pageText(version, account))
}

/** A Fastify plugin: the files of GraphiQL's page. */
export const graphiqlDoor = (_deps: DoorDeps) => async (scope: FastifyInstance) => {
  scope.get<{ Params: { version: string; file: string } }>('/graphiql/:version/:file', async (request, reply) => {
    const { version, file } = request.params
    const made = await bundle
    const files = version === made.version ? await made.files() : undefined
    const isSmall = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '') && files?.has(`${file}.gz`)
    const found = files?.get(isSmall ? `${file}.gz` : file)
    const type = types[path.extname(file)]
    if (!found || !type) return reply.callNotFound()
    if (isSmall) void reply.header('content-encoding', 'gzip')
    return reply
      .headers({
        'content-type': type,
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
      })
      .send(createReadStream(found))
  })
  return Promise.resolve()
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
}

/** The editor writes its own styles and starts its workers from our files; nothing else is allowed in. */
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  vary: 'accept',
  'referrer-policy': 'no-referrer',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
}

const pageText = (version: string, demo: object | undefined) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>GraphiQL · Switchyard</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/graphiql/${version}/page.css">
<script type="application/json" id="settings">${JSON.stringify({ demo }).replaceAll('<', '\\u003c')}</script>
<script type="module" src="/graphiql/${version}/page.js"></script>
</head>
<body>
<div id="root"><p class="preparing">GraphiQL is being prepared. The first time this takes a few seconds.</p></div>
<noscript>GraphiQL needs JavaScript.</noscript>
</body>
</html>
`

/** The connection's own end, whatever a proxy says: the demo's account is for who started it. */
const isOnThisMachine = ({ raw, headers }: FastifyRequest) =>
  /^(127\.|::1$|::ffff:127\.)/.test(raw.socket.remoteAddress ?? '') && headers['x-forwarded-for'] === undefined

function demoAccount(demo: DemoAccess | undefined) {
  const client = demo?.clients.find(({ grant }) => grant === 'client_credentials')
  return client && { clientId: client.id, secret: client.secret }
}
