import {
  GraphQLError,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql'
import { useSofa } from 'sofa-api'
import { isObject } from './arguments.ts'
import { bindNamed } from './bind.ts'
import type { LegacyDoor } from './call.ts'
import { invoke } from './invoke.ts'
import { reference, type JsonSchema } from './json-schema.ts'
import type { Visitor } from './login.ts'
import { viewSchema, viewTypes } from './view.ts'

/** Who calls, and what answers him. */
export type Caller = { readonly door: LegacyDoor; readonly visitor: Visitor }

/** What Sofa says of one endpoint: the body it takes and what it answers. */
export type SofaOperation = { readonly given: JsonSchema; readonly answered: JsonSchema }

export type SofaEndpoints = {
  /** Sofa's operations by the name of their method. */
  readonly operations: ReadonlyMap<string, SofaOperation>
  /**
   * Answers `POST /<method>` with the arguments by name in a JSON body. Status 400 is one that cannot be read, 500 and
   * 503 are our own trouble; their bodies are Sofa's.
   */
  readonly post: (method: string, body: string, caller: Caller) => Promise<Response>
}

const origin = 'http://localhost'
const scalarNames = Object.values(viewSchema.getTypeMap())
  .filter(type => isScalarType(type) && !isSpecifiedScalarType(type))
  .map(({ name }) => name)
const methodNames = viewTypes.flatMap(type => Object.keys(type.getFields()))

/**
 * Lets Sofa make an endpoint of every method of the contract.
 *
 * `rest.php` does not come this way: Sofa spends 48 microseconds on a request. Both end in `invoke`, so they answer the
 * same. The route `/webhook` that Sofa mounts, which would call any address it is told, is out of reach: only methods
 * are passed on. The contract is the same for every catalog, so they are made once.
 */
export const sofaEndpoints = (): Promise<SofaEndpoints> => (endpoints ??= makeEndpoints())

let endpoints: Promise<SofaEndpoints> | undefined

async function makeEndpoints(): Promise<SofaEndpoints> {
  const sofa = useSofa({
    basePath: '/',
    schema: viewSchema,
    // Without this, Sofa expands every type it takes for a model.
    ...{ models: [] },
    routes: Object.fromEntries(
      viewTypes.flatMap(type =>
        Object.keys(type.getFields()).map(name => [`${type.name}.${name}`, { method: 'POST', path: `/${name}` }]),
      ),
    ),
    customScalars: Object.fromEntries(scalarNames.map(name => [name, reference(name)])),
    execute: answer,
  })
  const document: unknown = await (await sofa.fetch(`${origin}/openapi.json`)).json()
  return {
    operations: new Map(methodNames.map(name => [name, operationOf(document, name)])),
    post: async (method, body, caller) => {
      if (!methodNames.includes(method)) throw new RangeError(`${method} is no method`)
      return sofa.fetch(`${origin}/${method}`, { method: 'POST', body }, { ...caller })
    },
  }
}

/** @throws Error  Sofa has made no endpoint for the method */
function operationOf(document: unknown, method: string): SofaOperation {
  const operation = within(document, 'paths', `/${method}`, 'post')
  const schemaIn = (...path: readonly string[]) => within(operation, ...path, 'content', 'application/json', 'schema')
  const [given, answered] = [schemaIn('requestBody'), schemaIn('responses', '200')]
  if (!given || !answered) throw new Error(`Sofa has no endpoint for ${method}`)
  return { given, answered }
}

const within = (value: unknown, ...path: readonly string[]): JsonSchema | undefined =>
  path.reduce<JsonSchema | undefined>(
    (inner, key) => (isObject(inner?.[key]) ? inner[key] : undefined),
    isObject(value) ? value : undefined,
  )

const isCaller = (value: unknown): value is Caller => isObject(value) && 'door' in value && 'visitor' in value

/** What Sofa does instead of executing its document. */
async function answer({ document, contextValue, variableValues }: ExecutionArgs): Promise<ExecutionResult> {
  if (!isCaller(contextValue)) throw new TypeError('Sofa was called without a caller')
  const method = fieldIn(document)
  const { value, status } = await invoke(contextValue.door, contextValue.visitor, method, name =>
    bindNamed(name, variableValues ?? {}),
  )
  if (status === 200) return { data: { [method]: value } }
  return { errors: [new GraphQLError('Our own trouble', { extensions: { http: { status } } })] }
}

function fieldIn({ definitions: [definition] }: DocumentNode): string {
  const [field] = definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : []
  return field?.kind === Kind.FIELD ? field.name.value : ''
}
