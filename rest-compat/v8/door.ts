import type { Catalog } from '../../schema/catalog.ts'
import { insufficientScope } from '../../schema/insufficient-scope.ts'
import { covers } from '../../schema/scopes.ts'
import { seenBy } from '../../schema/seen.ts'
import type { RestContext } from '../context.ts'
import {
  documentAnswer,
  errorAnswer,
  limitAnswer,
  optionsAnswer,
  parameterErrorAnswer,
  routerAnswer,
  type Answer,
} from './answer.ts'
import { parseBody } from './body.ts'
import { makeCall } from './call.ts'
import { prettyJson } from './json.ts'
import { openApiDocument, type OpenApiDocument } from './openapi.ts'
import { ParameterError } from './options.ts'
import { formDecoded, parseQuery } from './php-array.ts'
import { restViewSdl } from './rest-view.ts'
import { pathMatcher, routesWith, type Match, type Route } from './routes.ts'
import { failureAnswer, GraphFailure, Refusal } from './run.ts'
import { sofaPaths } from './sofa.ts'
import { createViews, type Views } from './views.ts'

/** A request as the gateway hands it over: bytes, nothing decoded. */
export type V8Request = {
  readonly method: string
  /** What stands before `path` in the address as the client wrote it: `/Api/V8`. */
  readonly base: string
  /** Below /Api/V8, with its leading slash: `/module/Accounts`. */
  readonly path: string
  /** Without the question mark. */
  readonly rawQuery: string
  readonly requestId: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
  /** Absent when the request is not authenticated. */
  readonly context: RestContext | undefined
  /** Is told which route serves the request. */
  readonly onRoute?: (route: Pick<Route, 'field' | 'path'>) => void
  /** What answers a request that is not authenticated; asked only where a route exists. */
  readonly refuse: () => Answer | Promise<Answer>
  /** Must changes say which version of the record they were made from? SuiteCRM's clients cannot. */
  readonly requiresIfMatch: boolean
  /** So many operations may come in one request, from version 8.1 on. */
  readonly operationsMax: number
  /** Revokes the token of the request at once. */
  readonly logout: () => Promise<void>
}

/** REST V8 for one catalog. When the catalog changes, a new door takes its place. */
export type V8Door = {
  readonly handle: (request: V8Request) => Promise<Answer>
  /** Describes the door; for /Api/V8/openapi.json, which anybody may read. */
  readonly openApi: OpenApiDocument
}

export async function createV8Door(catalog: Catalog): Promise<V8Door> {
  const views = createViews(catalog)
  const routes = routesWith(() => Promise.resolve((answer ??= documentAnswer(200, prettyJson(describe())))))
  const paths = await sofaPaths(restViewSdl, routes)
  // Made when it is asked for: most catalogs go without.
  let [openApi, answer]: [OpenApiDocument?, Answer?] = []
  const describe = () => (openApi ??= openApiDocument(catalog, views, routes, paths))

  const match = pathMatcher(routes)
  return {
    get openApi() {
      return describe()
    },
    async handle(request) {
      const answer = await answerTo(request, match(request.path), views)
      return request.method === 'HEAD' ? { ...answer, body: '' } : answer
    },
  }
}

/** Whether a path exists is told before anybody is asked who they are. */
async function answerTo(request: V8Request, match: Match | undefined, views: Views): Promise<Answer> {
  const accept = headerOf(request, 'accept')
  if (!match) return routerAnswer(404, 'Not found', accept)
  if (request.method === 'OPTIONS') return optionsAnswer(match.allow)
  const route = match.byMethod.get(request.method === 'HEAD' ? 'GET' : request.method)
  if (!route) return routerAnswer(405, `Method not allowed. Must be one of: ${match.allow}`, accept, match.allow)
  request.onRoute?.(route)
  if (!request.context) return request.refuse()
  return answerWith(request, request.context, route, match, views)
}

async function answerWith(request: V8Request, context: RestContext, route: Route, match: Match, views: Views) {
  const { method, path, rawQuery, body, logout } = request
  try {
    demandScope(route, context)
    const seen = context.principal.isAdmin ? views : await viewsFor(context, views)
    const call = makeCall({
      context,
      views: seen,
      path: `V8${path}`,
      query: parseQuery(rawQuery),
      route: new Map([...match.values].map(([name, value]) => [name, formDecoded(formDecoded(value))])),
      body: parseBody(method, headerOf(request, 'content-type'), body),
      logout,
    })
    return await route.handle(call)
  } catch (error) {
    return answerToError(error)
  }
}

const viewsOf = new WeakMap<Catalog, Views>()

/** The views without what roles hide from the principal. */
async function viewsFor({ principal, accessOf }: RestContext, views: Views): Promise<Views> {
  const catalog = seenBy(views.catalog, await accessOf(principal))
  if (catalog === views.catalog) return views
  let made = viewsOf.get(catalog)
  if (!made) viewsOf.set(catalog, (made = createViews(catalog)))
  return made
}

/**
 * What is answered without the graph is guarded here. Scopes of records the graph demands itself: it knows the modules.
 *
 * @throws GraphFailure
 */
function demandScope({ scope }: Route, { principal, refused }: RestContext) {
  if (scope === undefined || scope.startsWith('records:') || covers(principal.scopes, scope)) return
  const error = insufficientScope([scope])
  refused?.(error)
  const { code, message, details } = error
  throw new GraphFailure(code, message, details)
}

/** What the caller caused has an answer; anything else flies, and the gateway masks it. */
function answerToError(error: unknown): Answer {
  if (error instanceof ParameterError) return parameterErrorAnswer(error.message)
  if (error instanceof Refusal) return error.answer
  if (error instanceof GraphFailure) return failureAnswer(error)
  throw error
}

function headerOf({ headers }: V8Request, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}

/** A valid token whose user was switched off. */
export const inactiveUserAnswer = (): Answer => parameterErrorAnswer('Not found')

/** The gateway's own failures in V8's form. */
export const v8ErrorAnswer = errorAnswer

/** Refused because of a limit, which SuiteCRM does not have: its form with the members of a problem (RFC 9457) in it. */
export const v8LimitAnswer = limitAnswer
