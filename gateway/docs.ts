import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { keyDocs } from './answer-once.ts'
import { allGoing, deprecationsPage } from './deprecations.ts'
import type { DoorDeps } from './doors.ts'
import { problemTypes } from '../rest-compat/v8_1/problem.ts'

/** Pages that describe the REST APIs, by Swagger UI from the installed package. */
const pages = {
  v8: { title: 'REST V8', openApi: '/Api/V8/openapi.json' },
  v8_1: { title: 'REST V8, version 8.1', openApi: '/Api/V8/openapi-8.1.json' },
  webhooks: { title: 'Webhooks', openApi: '/webhooks/openapi.json' },
  custom: { title: 'Custom endpoints', openApi: '/custom/openapi.json' },
  v4_1: { title: 'Legacy v4.1', openApi: '/service/v4_1/openapi.json' },
} as const

const folder = fileURLToPath(new URL('../node_modules/swagger-ui-dist/', import.meta.url))
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
}

/** A Fastify plugin: `/docs/v8`, `/docs/v8_1`, `/docs/webhooks`, `/docs/custom`, `/docs/v4_1`, `/docs/oauth`, `/docs/idempotency`, `/docs/problems`, `/docs/deprecations` and what they are made of. Nothing is asked of anybody else. */
export const docsDoor =
  ({ identity, graphs, announced }: DoorDeps) =>
  async (scope: FastifyInstance) => {
    const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { version: string }
    const base = `/docs/files/${version}`

    const style = await readFile(new URL('./docs.css', import.meta.url), 'utf8')
    scope.get('/docs/docs.css', (_request, reply) =>
      reply.headers({ 'cache-control': 'no-cache', 'content-type': 'text/css; charset=utf-8' }).send(style),
    )
    const oauth = await readFile(new URL('./oauth/docs.html', import.meta.url), 'utf8')
    scope.get('/docs/oauth', (_request, reply) =>
      reply.headers(pageHeaders).send(oauth.replaceAll('{issuer}', identity.issuer)),
    )
    const idempotency = await readFile(new URL('./idempotency.html', import.meta.url), 'utf8')
    scope.get(keyDocs, (_request, reply) => reply.headers(pageHeaders).send(idempotency))
    for (const [name, { title, openApi }] of Object.entries(pages)) {
      scope.get(`/docs/${name}`, (_request, reply) => reply.headers(pageHeaders).send(pageText(base, title, openApi)))
    }
    scope.get('/docs/deprecations', (_request, reply) =>
      reply.headers(pageHeaders).send(deprecationsPage(allGoing(graphs.current.catalog, announced))),
    )
    scope.get('/docs/problems', (_request, reply) => reply.headers(pageHeaders).send(problemsPage))
    for (const [name, type] of Object.entries(files)) {
      scope.get(`${base}/${name}`, (_request, reply) =>
        reply.headers({ ...keepForEver, 'content-type': type }).send(createReadStream(path.join(folder, name))),
      )
    }
    scope.get(`${base}/start.js`, (_request, reply) =>
      reply.headers({ ...keepForEver, 'content-type': 'text/javascript; charset=utf-8' }).send(start),
    )
  }

const keepForEver = { 'cache-control': 'public, max-age=31536000, immutable' }

const start = `SwaggerUIBundle({
  url: document.body.dataset.openapi,
  dom_id: '#ui',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: -1,
  persistAuthorization: true,
  validatorUrl: null,
})
`

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'referrer-policy': 'no-referrer',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
}

/** Where the `type` of every problem leads. */
const problemsPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Problems · Switchyard</title><link rel="icon" href="data:,"></head>
<body>
<h1>Problems</h1>
<p>Errors of REST V8 8.1 carry the members of RFC 9457. Their <code>code</code> is a promise; their words may change.</p>
<dl>
${problemTypes.map(({ code, status, title }) => `<dt id="${code}"><code>${code}</code>, status ${status}</dt><dd>${title}</dd>`).join('\n')}
</dl>
</body>
</html>
`

const pageText = (base: string, title: string, openApi: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Switchyard</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${base}/swagger-ui.css">
<script defer src="${base}/swagger-ui-bundle.js"></script>
<script defer src="${base}/start.js"></script>
</head>
<body data-openapi="${openApi}">
<div id="ui"></div>
<noscript>The document itself: <a href="${openApi}">${openApi}</a></noscript>
</body>
</html>
`
