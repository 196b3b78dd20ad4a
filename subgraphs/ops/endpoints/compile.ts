import {
  getNamedType,
  GraphQLError,
  isListType,
  isNonNullType,
  isObjectType,
  isInterfaceType,
  Kind,
  parse,
  validate,
  type DocumentNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { isScope } from '../../../schema/scopes.ts'
import { bind, type Bindings } from './bind.ts'
import { isSafe, namesIn, type Declaration, type DeclarationFault, type Shape } from './declaration.ts'
import { tokensOf } from './pointer.ts'
import { isEach } from './shape.ts'
import { checkSchemas, faultsOf, places, propertiesOf, validatorsOf } from './validators.ts'

/** An endpoint that can be called: its operation, and where the variables come from. */
export type Compiled = {
  /** Kept by its identity, so that it is parsed and planned once. */
  readonly operation: { readonly text: string; readonly name: string }
  readonly bindings: Bindings
}

export type Compilation =
  | { readonly kind: 'works'; readonly compiled: Compiled }
  | { readonly kind: 'broken'; readonly faults: readonly DeclarationFault[] }

const tokensMax = 4_000

/**
 * Compiles a declaration for the schema that clients see now. What worked when it was saved may be broken when a field has
 * gone since.
 *
 * @param isModule  whether there is a module of that name
 */
export function compile(
  declaration: Declaration,
  api: GraphQLSchema,
  isModule: (name: string) => boolean,
): Compilation {
  const schemas = checkSchemas(declaration)
  if (schemas.length > 0) return { kind: 'broken', faults: schemas }
  const read = readOperation(declaration, api)
  if ('faults' in read) return { kind: 'broken', faults: read.faults }
  const { document, operation, name } = read
  const { bindings, faults: unbound } = bind(declaration, operation, api)
  const faults = [
    ...checkPath(declaration),
    ...checkMethod(declaration, operation),
    ...unbound,
    ...checkPointers(declaration, document, operation, api),
    ...declaration.scopes
      .filter(scope => !isScope(scope, isModule))
      .map(scope => ({ pointer: '/scopes', message: `has ${scope}, which is no scope` })),
    ...checkExamples(declaration),
  ]
  if (faults.length > 0) return { kind: 'broken', faults }
  return { kind: 'works', compiled: { operation: { text: declaration.operation, name }, bindings } }
}

type Read =
  | { readonly document: DocumentNode; readonly operation: OperationDefinitionNode; readonly name: string }
  | { readonly faults: readonly DeclarationFault[] }

function readOperation({ operation: text }: Declaration, api: GraphQLSchema): Read {
  const fault = (message: string): Read => ({ faults: [{ pointer: '/operation', message }] })
  let document: DocumentNode
  try {
    document = parse(text, { maxTokens: tokensMax })
  } catch (error) {
    return fault(`cannot be read: ${error instanceof GraphQLError ? error.message : String(error)}`)
  }
  const operations = document.definitions.filter(each => each.kind === Kind.OPERATION_DEFINITION)
  const [operation] = operations
  const name = operation?.name?.value
  if (!operation || operations.length > 1 || name === undefined)
    return fault('has to be one operation with a name, such as query Summary { ... }')
  const errors = validate(api, document, undefined, { maxErrors: 5 })
  if (errors.length > 0)
    return { faults: errors.map(({ message }) => ({ pointer: '/operation', message: `is not valid: ${message}` })) }
  return { document, operation, name }
}

function checkPath({ path, input }: Declaration): DeclarationFault[] {
  const names = namesIn(path)
  const twice = names.filter((name, at) => names.indexOf(name) !== at)
  const strange = Object.keys(propertiesOf(input.path)).filter(name => !names.includes(name))
  return [
    ...(path === '/custom/openapi.json'
      ? [{ pointer: '/path', message: 'is taken: the OpenAPI document is there' }]
      : []),
    ...twice.map(name => ({ pointer: '/path', message: `has {${name}} twice` })),
    ...strange.map(name => ({ pointer: `/input/path/${name}`, message: `is not in the path, which has no {${name}}` })),
  ]
}

function checkMethod(declaration: Declaration, { operation }: OperationDefinitionNode): DeclarationFault[] {
  const { method, input, cacheSeconds, status } = declaration
  const faults: DeclarationFault[] = []
  if (operation === 'subscription') faults.push({ pointer: '/operation', message: 'cannot be a subscription' })
  if (operation === 'mutation' && isSafe(declaration))
    faults.push({ pointer: '/method', message: 'is GET, which may change nothing, and the operation is a mutation' })
  if (input.body && (method === 'GET' || method === 'DELETE'))
    faults.push({ pointer: '/input/body', message: `cannot be: a ${method} has no body` })
  if (cacheSeconds > 0 && !isSafe(declaration))
    faults.push({ pointer: '/cacheSeconds', message: 'is for GET only: what others answer is never kept' })
  if (status === 204 && declaration.outputSchema)
    faults.push({ pointer: '/status', message: 'is 204, which answers nothing, and there is an outputSchema' })
  return faults
}

/** Every pointer must lead along fields that the operation selects. */
function checkPointers(
  { output, notFound }: Declaration,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  api: GraphQLSchema,
): DeclarationFault[] {
  const root = api.getRootType(operation.operation)
  if (!root) return []
  const start: Selected = { sets: [operation.selectionSet], type: root }
  const missing = (pointer: string, place: string) => [
    { pointer: place, message: `leads to ${pointer}, which the operation does not select` },
  ]
  const checkShape = (shape: Shape, at: Selected, place: string): DeclarationFault[] => {
    if (typeof shape === 'string') return follow(shape, at, document) ? [] : missing(shape, place)
    if (isEach(shape)) {
      const list = follow(shape.$each, at, document)
      if (!list) return missing(shape.$each, place)
      const { type } = list
      const item = type && listItem(type)
      if (!item) return [{ pointer: place, message: `has $each of ${shape.$each}, which is no list` }]
      return checkShape(shape.$as, { ...list, type: item }, `${place}/$as`)
    }
    return Object.entries(shape).flatMap(([name, part]) => checkShape(part, at, `${place}/${name}`))
  }
  return [
    ...checkShape(output, start, '/output'),
    ...(notFound === undefined || follow(notFound, start, document) ? [] : missing(notFound, '/notFound')),
  ]
}

/** A place in the answer: what is selected of it, and its type. Without a type, whatever is there. */
type Selected = { readonly sets: readonly SelectionSetNode[]; readonly type: GraphQLOutputType | undefined }

function follow(pointer: string, from: Selected, document: DocumentNode): Selected | undefined {
  let at = from
  for (const token of tokensOf(pointer)) {
    const item = at.type && listItem(at.type)
    if (item && /^\d+$/.test(token)) {
      at = { ...at, type: item }
      continue
    }
    // Below a value of JSON's own anything may be.
    if (at.sets.length === 0)
      return at.type && getNamedType(at.type).name === 'JSON' ? { sets: [], type: at.type } : undefined
    if (item) return undefined
    const fields = at.sets.flatMap(set => fieldsOf(set, document)).filter(({ key }) => key === token)
    const [field] = fields
    if (!field) return undefined
    const owner = at.type && getNamedType(at.type)
    const definition = isObjectType(owner) || isInterfaceType(owner) ? owner.getFields()[field.name] : undefined
    at = { sets: fields.flatMap(({ set }) => (set ? [set] : [])), type: definition?.type }
  }
  return at
}

function listItem(type: GraphQLOutputType): GraphQLOutputType | undefined {
  const bare: GraphQLOutputType = isNonNullType(type) ? type.ofType : type
  return isListType(bare) ? (bare.ofType as GraphQLOutputType) : undefined
}

type SelectedField = { readonly key: string; readonly name: string; readonly set: SelectionSetNode | undefined }

/** The document is valid, so fragments do not spread themselves. */
function fieldsOf({ selections }: SelectionSetNode, document: DocumentNode): SelectedField[] {
  return selections.flatMap(selection => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, document)
    if (selection.kind === Kind.FIELD) {
      const { alias, name, selectionSet } = selection
      return [{ key: (alias ?? name).value, name: name.value, set: selectionSet }]
    }
    const fragment = document.definitions.find(
      each => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
    )
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? fieldsOf(fragment.selectionSet, document) : []
  })
}

/** Examples are promises: what is sent must be accepted, and what is answered must fit. */
function checkExamples(declaration: Declaration): DeclarationFault[] {
  const validators = validatorsOf(declaration)
  return declaration.examples.flatMap((example, at) => {
    const base = `/examples/${at}`
    const sent = places.flatMap(place => {
      const validate = validators[place]
      if (!validate || (place === 'body' && example.body === undefined && !declaration.input.body)) return []
      const value = structuredClone(example[place] ?? (place === 'body' ? undefined : {}))
      return validate(value) ? [] : faultsOf(validate, `${base}/${place}`)
    })
    const { output } = validators
    const answered =
      output && example.output !== undefined && !output(example.output) ? faultsOf(output, `${base}/output`) : []
    return [...sent, ...answered]
  })
}
