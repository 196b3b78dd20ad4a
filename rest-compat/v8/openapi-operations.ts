import { publishedScopes, wordsForScope } from '../../schema/scopes.ts'
import type { JsonSchema } from './resource-schemas.ts'
import { openApiPath, type SofaOperation, type SofaPaths } from './sofa.ts'

/** What the documents of all versions of REST V8 ask of a route. */
type DescribedRoute = { readonly method: string; readonly path: string; readonly scope?: string | undefined }

/** The paths of a document: what a version says of Sofa's operation, for each of its routes that Sofa has. */
export function pathsOf<Route extends DescribedRoute>(
  routes: readonly Route[],
  sofa: SofaPaths,
  describe: (route: Route, operation: SofaOperation) => JsonSchema,
) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = openApiPath(route.path)
    const method = route.method.toLowerCase()
    const operation = sofa[path]?.[method]
    if (operation) (paths[path] ??= {})[method] = describe(route, operation)
  }
  return paths
}

const tokenUrl = '/Api/access_token'

/** Names the scopes that can be asked for, and those narrowed to a module that some operation needs. */
export function oauth2(routes: readonly DescribedRoute[], description: string): JsonSchema {
  const needed = routes.flatMap(({ scope }) => (scope === undefined ? [] : [scope]))
  const names = [...new Set([...publishedScopes.map(({ scope }) => scope), ...needed])]
  const scopes = Object.fromEntries(names.map(name => [name, wordsForScope(name)]))
  return {
    type: 'oauth2',
    description,
    flows: {
      password: { tokenUrl, scopes },
      clientCredentials: { tokenUrl, scopes },
      authorizationCode: { authorizationUrl: '/Api/authorize', tokenUrl, scopes },
    },
  }
}

const exampleValues: Readonly<Record<string, unknown>> = {
  moduleName: 'Accounts',
  id: '00000000-0000-4000-8000-000000000001',
  relatedBeanId: '00000000-0000-4000-8000-000000000002',
  linkFieldName: 'contacts',
}

/**
 * Sofa knows no nested query parameters; `page[size]=2` is OpenAPI's deepObject.
 *
 * @param examples  of parameters that only this version has, or takes otherwise
 */
export function parameterOf(
  { name, in: place, schema }: NonNullable<SofaOperation['parameters']>[number],
  examples: Readonly<Record<string, unknown>>,
): JsonSchema {
  const { description, ...rest } = schema
  const example = examples[name] ?? exampleValues[name]
  return {
    name,
    in: place,
    ...(place === 'path' ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema: rest,
    ...('$ref' in rest ? { style: 'deepObject', explode: true } : {}),
    ...(example === undefined ? {} : { example }),
  }
}

/** The header that makes it safe to send a request again. */
export const keyParameter: JsonSchema = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'A text of your own choosing. Who sends the request again with the same key gets the first answer, and nothing is written twice; `/docs/idempotency` has the rules.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: 'order-4711-created',
}

/** The schema of what an operation answers. */
export function responseOf({ responses }: SofaOperation): JsonSchema {
  const [response] = Object.values(responses ?? {})
  return response?.content['application/json']?.schema ?? {}
}
