import { buildSchema, GraphQLError, type ExecutionResult } from 'graphql'
import { useSofa } from 'sofa-api'
import type { Mount } from './routes.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** What Sofa says of one endpoint. */
export type SofaOperation = {
  readonly operationId?: string
  readonly description?: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: JsonSchema }[]
  readonly responses?: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> }>
  >
}

/** The endpoints that Sofa makes of the REST view: path -> method -> operation. */
export type SofaPaths = Readonly<Record<string, Readonly<Record<string, SofaOperation>>>>

/**
 * Lets Sofa make endpoints of the REST view, and takes its table of them.
 *
 * The door serves exactly this table. It does not send requests through Sofa's router, which spends 48 microseconds of
 * CPU on each, answers with one fixed shape and mounts a `/webhook` route that would call any address it is told.
 *
 * @throws Error  a route that is no field of the view, or a field without a route
 */
export function sofaPaths(sdl: string, routes: readonly Mount[]): Promise<SofaPaths> {
  let known = made.get(sdl)
  if (!known) made.set(sdl, (known = makePaths(sdl, routes)))
  return known
}

/** A view is the same for every catalog, so its table is made once. */
const made = new Map<string, Promise<SofaPaths>>()

async function makePaths(sdl: string, routes: readonly Mount[]): Promise<SofaPaths> {
  const schema = buildSchema(sdl)
  const sofa = useSofa({
    basePath: '/',
    schema,
    // Without this, Sofa expands every type it takes for a model; on a CRM's types it does not come back.
    ...{ models: [] },
    routes: Object.fromEntries(
      routes.map(({ field, method, path, status, tag }) => [
        field,
        { method, path, responseStatus: status, tags: [tag] },
      ]),
    ),
    customScalars: scalarSchemas(Object.keys(schema.getTypeMap())),
    execute: (): ExecutionResult => ({ errors: [new GraphQLError('Requests are answered by the door')] }),
  })
  const answer = await sofa.fetch('http://localhost/openapi.json')
  const { paths } = (await answer.json()) as { paths: SofaPaths }
  for (const { method, path } of routes)
    if (!paths[openApiPath(path)]?.[method.toLowerCase()]) throw new Error(`${method} ${path} is not in the REST view`)
  const made = Object.values(paths).flatMap(methods => Object.keys(methods)).length
  if (made !== routes.length) throw new Error(`The REST view makes ${made} endpoints, not ${routes.length}`)
  return paths
}

/** `/module/:moduleName` -> `/module/{moduleName}` */
export const openApiPath = (path: string) => path.replace(/:(\w+)/g, '{$1}')

const scalarSchemas = (names: readonly string[]) =>
  Object.fromEntries(names.map(name => [name, { $ref: `#/components/schemas/${name}` }]))
