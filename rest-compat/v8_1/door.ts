import type { Catalog } from '../../schema/catalog.ts'
import { HouseError } from '../../schema/errors.ts'
import { insufficientScope } from '../../schema/insufficient-scope.ts'
import { covers } from '../../schema/scopes.ts'
import type { RestContext } from '../context.ts'
import type { Answer } from '../v8/answer.ts'
import type { V8Door, V8Request } from '../v8/door.ts'
import type { OpenApiDocument } from '../v8/openapi.ts'
import { parseQuery } from '../v8/php-array.ts'
import { pathMatcher, type Match } from '../v8/routes.ts'
import { sofaPaths } from '../v8/sofa.ts'
import type { Call } from './call.ts'
import { corsHeaders } from './cors.ts'
import { checkAccept, checkContentType, wantsRehearsal } from './media.ts'
import { describedBy } from './meta.ts'
import { openApiDocument } from './openapi.ts'
import { Problem, problem, problemAnswer } from './problem.ts'
import { restViewSdl } from './rest-view.ts'
import { routesWith, type Route } from './routes.ts'
import { shapesOf, type ShapeOf } from './shape.ts'

/** REST V8 in its version 8.1, for one catalog. When the catalog changes, a new door takes its place. */
export async function createV8_1Door(catalog: Catalog): Promise<V8Door> {
  const shapeOf = shapesOf(catalog)
  const routes = routesWith(() => Promise.resolve(describedBy((text ??= JSON.stringify(describe())))))
  const paths = await sofaPaths(restViewSdl, routes)
  // Made when it is asked for: most catalogs go without.
  let [openApi, text]: [OpenApiDocument?, string?] = []
  const describe = () => (openApi ??= openApiDocument(catalog, shapeOf, routes, paths))
  const match = pathMatcher(routes)
  return {
    get openApi() {
      return describe()
    },
    async handle(request) {
      const answer = await answerTo(request, match(request.path), catalog, shapeOf)
      return request.method === 'HEAD' ? { ...answer, body: '' } : answer
    },
  }
}

async function answerTo(request: V8Request, match: Match<Route> | undefined, catalog: Catalog, shapeOf: ShapeOf) {
  try {
    if (!match) throw problem('NOT_FOUND', 'There is nothing at this address in version 8.1')
    if (request.method === 'OPTIONS') return { status: 204, headers: { ...corsHeaders, allow: match.allow }, body: '' }
    const route = match.byMethod.get(request.method === 'HEAD' ? 'GET' : request.method)
    if (!route) {
      const detail = `The methods here are ${match.allow}`
      throw new Problem([{ code: 'METHOD_NOT_ALLOWED', detail }], { allow: match.allow })
    }
    request.onRoute?.(route)
    if (!request.context) return await request.refuse()
    checkAccept(headerOf(request, 'accept'), route.answers)
    demandScope(route, request.context)
    return await route.handle(callOf(request, route, request.context, match, catalog, shapeOf))
  } catch (error) {
    return answerToError(error, request)
  }
}

/** What the caller caused has an answer; anything else flies, and the gateway masks it. */
function answerToError(error: unknown, request: V8Request): Answer {
  const asking = { requestId: request.requestId, accept: headerOf(request, 'accept') }
  if (error instanceof Problem) return problemAnswer(error, asking)
  if (!(error instanceof HouseError)) throw error
  const { code, message: detail, details: meta } = error
  return problemAnswer({ faults: [{ code, detail, meta }], headers: {} }, asking)
}

/** What is answered without the graph is guarded here. Scopes of records the graph demands itself: it knows the modules. */
function demandScope({ scope }: Route, { principal, refused }: RestContext) {
  if (scope === undefined || scope.startsWith('records:') || covers(principal.scopes, scope)) return
  const error = insufficientScope([scope])
  refused?.(error)
  throw error
}

function callOf(
  request: V8Request,
  route: Route,
  context: RestContext,
  match: Match<Route>,
  catalog: Catalog,
  shapeOf: ShapeOf,
): Call {
  const { base, path, rawQuery, requiresIfMatch, operationsMax, logout } = request
  const ifMatch = headerOf(request, 'if-match')
  return {
    ...{ context, catalog, shapeOf, base, path, rawQuery, requiresIfMatch, operationsMax, logout },
    route: new Map([...match.values].map(([name, value]) => [name, decoded(value)])),
    query: parseQuery(rawQuery),
    body: bodyOf(request, route),
    sent: { bytes: request.body, contentType: headerOf(request, 'content-type') },
    ifMatch: ifMatch === '' ? undefined : ifMatch,
    isRehearsal: wantsRehearsal(headerOf(request, 'prefer')),
  }
}

/** @throws Problem  BAD_REQUEST */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw problem('BAD_REQUEST', 'The address has a broken escape')
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @throws Problem  UNSUPPORTED_MEDIA_TYPE, BAD_REQUEST */
function bodyOf(request: V8Request, { takes, reads = 'json' }: Route): unknown {
  if (request.body.length === 0) return undefined
  checkContentType(headerOf(request, 'content-type'), takes)
  if (reads === 'bytes') return undefined
  try {
    return JSON.parse(utf8.decode(request.body))
  } catch {
    throw problem('BAD_REQUEST', 'The body is not JSON')
  }
}

function headerOf({ headers }: V8Request, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : (value?.join(', ') ?? '')
}
