import { isInputType, isNonNullType, typeFromAST, type GraphQLSchema, type OperationDefinitionNode } from 'graphql'
import { namesIn, type Declaration, type DeclarationFault, type JsonSchema } from './declaration.ts'
import { misfit } from './fits.ts'
import { pointedAt, tokensOf } from './pointer.ts'
import { pathSchemaOf, propertiesOf, querySchemaOf } from './validators.ts'

/** What a request gives, as pointers of `variables` see it. */
export type Given = {
  readonly path: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  readonly caller: { readonly userId: string; readonly userName: string }
}

/** Where each variable of an operation comes from, as a pointer into what a request gives. */
export type Bindings = ReadonlyMap<string, string>

/** The values of an operation's variables. What is not given is left out, so that the operation's defaults hold. */
export const variablesOf = (bindings: Bindings, given: Given): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...bindings].flatMap(([name, pointer]) => {
      const value = valueAt(given, pointer)
      return value === undefined ? [] : [[name, value]]
    }),
  )

/** Null stays null, and what is not there is undefined. */
function valueAt(given: Given, pointer: string): unknown {
  const tokens = tokensOf(pointer)
  const last = tokens.at(-1)
  const parent = pointedAt(given, pointer.slice(0, pointer.lastIndexOf('/')))
  if (last === undefined || typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, last))
    return undefined
  return (parent as Readonly<Record<string, unknown>>)[last]
}

/** Binds the variables of an operation, and says which cannot be, or would be given what they do not take. */
export function bind(
  declaration: Declaration,
  operation: OperationDefinitionNode,
  api: GraphQLSchema,
): { readonly bindings: Bindings; readonly faults: readonly DeclarationFault[] } {
  const bindings = new Map<string, string>()
  const faults: DeclarationFault[] = []
  const fault = (pointer: string, message: string) => void faults.push({ pointer, message })
  const definitions = operation.variableDefinitions ?? []
  for (const { variable, type: node, defaultValue } of definitions) {
    const name = variable.name.value
    const pointer = declaration.variables[name] ?? pointerByName(declaration, name)
    const place = declaration.variables[name] === undefined ? '/operation' : `/variables/${name}`
    const type = typeFromAST(api, node)
    if (!isInputType(type)) continue
    if (pointer === undefined) {
      if (isNonNullType(type) && !defaultValue)
        fault(place, `has the variable $${name}, which nothing that is sent gives`)
      continue
    }
    const found = schemaAt(declaration, pointer)
    if (!found) {
      fault(place, `leads to ${pointer}, which the input does not have`)
      continue
    }
    if (isNonNullType(type) && !defaultValue && !found.isAlways)
      fault(inputPlace(pointer), `has to be required or have a default: $${name} is ${String(type)}`)
    const why = misfit(type, found.schema, found.root)
    if (why) fault(inputPlace(pointer), `${why}, as $${name}`)
    bindings.set(name, pointer)
  }
  const known = new Set(definitions.map(({ variable }) => variable.name.value))
  for (const name of Object.keys(declaration.variables))
    if (!known.has(name)) fault(`/variables/${name}`, 'is no variable of the operation')
  return { bindings, faults }
}

const inputPlace = (pointer: string) => (pointer.startsWith('/caller') ? '/variables' : `/input${pointer}`)

function pointerByName(declaration: Declaration, name: string): string | undefined {
  const { path, input } = declaration
  if (namesIn(path).includes(name)) return `/path/${name}`
  if (Object.hasOwn(propertiesOf(input.query), name)) return `/query/${name}`
  if (Object.hasOwn(propertiesOf(input.body), name)) return `/body/${name}`
  return name === 'body' && input.body ? '/body' : undefined
}

const callerSchema: JsonSchema = {
  type: 'object',
  properties: { userId: { type: 'string' }, userName: { type: 'string' } },
  required: ['userId', 'userName'],
}

/** The schema of what a pointer leads to, and whether it is always there. */
function schemaAt(declaration: Declaration, pointer: string) {
  const [place = '', ...tokens] = tokensOf(pointer)
  const roots: Readonly<Record<string, JsonSchema | undefined>> = {
    path: pathSchemaOf(declaration),
    query: querySchemaOf(declaration),
    body: declaration.input.body,
    caller: callerSchema,
  }
  const root = Object.hasOwn(roots, place) ? roots[place] : undefined
  if (!root) return undefined
  let schema = root
  let isAlways = true
  for (const token of tokens) {
    const properties = propertiesOf(schema)
    const next = Object.hasOwn(properties, token) ? properties[token] : undefined
    if (!next) return undefined
    const required = Array.isArray(schema.required) && schema.required.includes(token)
    isAlways = (isAlways && required) || 'default' in next
    schema = next
  }
  return { schema, root, isAlways }
}
