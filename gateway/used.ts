import {
  getNamedType,
  getOperationAST,
  isEnumType,
  isInputObjectType,
  isObjectType,
  Kind,
  separateOperations,
  TypeInfo,
  typeFromAST,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Catalog } from '../schema/catalog.ts'
import { fieldOf, type Module } from '../schema/module.ts'
import type { Steps } from '../schema/steps.ts'
import type { Deprecated, Used } from '../schema/usage.ts'

/** What an operation that has been validated uses, with these variables. */
export type UsedBy = (
  document: DocumentNode,
  operationName: string | undefined,
  variables: Readonly<Record<string, unknown>> | undefined,
) => Used

/** One thing that is used; with a reason, it is deprecated. */
type Use = Omit<Deprecated, 'reason'> & { readonly reason?: string | null | undefined }

/** What values of an input type name. Types whose values name nothing have none of these. */
type Namer =
  | { readonly kind: 'option'; readonly options: ReadonlyMap<string, Use> }
  /** A field of the module around it, by its name as text. */
  | { readonly kind: 'part' }
  | { readonly kind: 'object'; readonly module: Module | undefined; readonly keys: Map<string, Key> }

type Key = { readonly use: Use | undefined; readonly namer: Namer | undefined }

/** What is known of an operation without its variables, and the variables that name something. */
type Operation = {
  readonly used: Used
  readonly variables: readonly { readonly name: string; readonly namer: Namer }[]
}

/** Sets of names that variables make; longer ones are made each time. */
const madeMax = 500
const keyLengthMax = 2_000

/** Finds out what operations use. The document is looked through once; then only the variables that name fields. */
export function usedBy(api: GraphQLSchema, catalog: Catalog): UsedBy {
  const names = namesOf(catalog)
  const known = new WeakMap<DocumentNode, Map<string, Operation>>()

  function operationOf(document: DocumentNode, operationName: string | undefined): Operation {
    let byName = known.get(document)
    if (!byName) known.set(document, (byName = new Map()))
    let operation = byName.get(operationName ?? '')
    if (!operation) byName.set(operationName ?? '', (operation = lookThrough(api, names, document, operationName)))
    return operation
  }

  return (document, operationName, variables = {}) => {
    const { used, variables: naming } = operationOf(document, operationName)
    if (naming.length === 0) return used
    const more = new Map<string, Use>()
    for (const { name, namer } of naming) names.collect(namer, variables[name], undefined, more)
    for (const [coordinate, { name }] of more) if (used.names.has(name)) more.delete(coordinate)
    return more.size === 0 ? used : withMore(used, more)
  }
}

const made = new WeakMap<Used, LRUCache<string, Used>>()

function withMore(used: Used, more: ReadonlyMap<string, Use>): Used {
  const key = [...more.keys()].join()
  let bySet = made.get(used)
  if (!bySet) made.set(used, (bySet = new LRUCache({ max: madeMax })))
  const found = bySet.get(key)
  if (found) return found
  const whole = joined(used, usedOf([...more.values()]))
  if (key.length <= keyLengthMax) bySet.set(key, whole)
  return whole
}

const usedOf = (uses: readonly Use[]): Used => ({
  names: new Set(uses.map(({ name }) => name)),
  deprecated: uses.flatMap(({ reason, ...use }) => (reason == null ? [] : [{ ...use, reason }])),
})

const pairs = new WeakMap<Used, WeakMap<Used, Used>>()

/** What two operations of a request use together; the same object for the same two. */
export function together(one: Used, other: Used): Used {
  let known = pairs.get(one)
  if (!known) pairs.set(one, (known = new WeakMap()))
  let whole = known.get(other)
  if (!whole) known.set(other, (whole = joined(one, other)))
  return whole
}

const joined = (one: Used, other: Used): Used => ({
  names: new Set([...one.names, ...other.names]),
  deprecated: [...one.deprecated, ...other.deprecated.filter(({ name }) => !one.names.has(name))],
})

type Names = ReturnType<typeof namesOf>

function lookThrough(
  api: GraphQLSchema,
  names: Names,
  document: DocumentNode,
  operationName: string | undefined,
): Operation {
  const node = getOperationAST(document, operationName)
  const own = soleOperation(document, node) ?? document
  const uses = new Map<string, Use>()
  const add = (use: Use | undefined) => void (use && uses.set(use.coordinate, use))
  const types = new TypeInfo(api)
  visit(
    own,
    visitWithTypeInfo(types, {
      Field({ arguments: given = [] }) {
        const [parent, field] = [types.getParentType(), types.getFieldDef()]
        if (!parent || !field || field.name.startsWith('__') || parent.name.startsWith('__')) return
        add(names.ofField(parent.name, field))
        for (const { name, value } of given) {
          const argument = field.args.find(each => each.name === name.value)
          if (!argument) continue
          add(names.ofArgument(`${parent.name}.${field.name}`, argument))
          const namer = names.namerOf(getNamedType(argument.type))
          if (namer) names.collect(namer, valueFromASTUntyped(value), undefined, uses)
        }
      },
    }),
  )
  const variables = (node?.variableDefinitions ?? []).flatMap(({ variable, type, defaultValue }) => {
    const named = typeFromAST(api, type)
    const namer = named && names.namerOf(getNamedType(named))
    if (!namer) return []
    if (defaultValue) names.collect(namer, valueFromASTUntyped(defaultValue), undefined, uses)
    return [{ name: variable.name.value, namer }]
  })
  return { used: usedOf([...uses.values()]), variables }
}

/** The document without the other operations that stand in it. */
function soleOperation(document: DocumentNode, node: OperationDefinitionNode | null | undefined) {
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  return operations.length > 1 && node ? separateOperations(document)[node.name?.value ?? ''] : undefined
}

/** Types that only hold others together. */
const isHolder = (type: string) => /(Connection|Edge)$|^PageInfo$/.test(type)

/** How the fields of modules, and what else there is, are called. */
function namesOf(catalog: Catalog) {
  const owners = new Map(
    catalog.modules.flatMap(module => {
      const { type } = module.graphql
      return [type, `${type}Filter`, `${type}Input`, `${type}SortField`, `${type}Link`].map(
        each => [each, module] as const,
      )
    }),
  )
  const namers = new Map<string, Namer | undefined>()

  function ofModule(module: Module, name: string, owner: string, reason?: string | null): Use | undefined {
    const field = fieldOf(module, name)
    if (!field) return undefined
    const { deprecated: deprecation } = field
    const use = { name: `${module.name}.${name}`, coordinate: `${owner}.${name}` }
    return deprecation ? { ...use, reason: deprecation.reason, deprecation } : { ...use, reason }
  }

  /** Of what is given: a field of a module, or something that will go. The rest is nothing that anybody removes alone. */
  function ofGiven(owner: string, name: string, reason: string | null | undefined): Use | undefined {
    const module = owners.get(owner)
    if (module) return ofModule(module, name, owner, reason)
    const coordinate = `${owner}.${name}`
    return reason == null ? undefined : { name: coordinate, coordinate, reason }
  }

  function namerOf(type: GraphQLNamedType | undefined): Namer | undefined {
    if (!type || namers.has(type.name)) return type && namers.get(type.name)
    const namer = isEnumType(type) ? namerOfOptions(type.name, type.getValues()) : undefined
    namers.set(type.name, namer)
    return isInputObjectType(type) ? namerOfObject(type) : namer
  }

  function namerOfOptions(
    owner: string,
    values: readonly { readonly name: string; readonly deprecationReason?: string | null | undefined }[],
  ): Namer | undefined {
    const options = values.flatMap(({ name, deprecationReason }) => {
      const use = ofGiven(owner, name, deprecationReason)
      return use ? [[name, use] as const] : []
    })
    return options.length > 0 ? { kind: 'option', options: new Map(options) } : undefined
  }

  /** A filter contains itself, so it is known before its keys are. */
  function namerOfObject(type: GraphQLInputObjectType): Namer | undefined {
    const namer: Namer =
      type.name === 'ConcatPart' ? { kind: 'part' } : { kind: 'object', module: owners.get(type.name), keys: new Map() }
    namers.set(type.name, namer)
    if (namer.kind === 'part') return namer
    for (const { name, type: inner, deprecationReason } of Object.values(type.getFields())) {
      const key = { use: ofGiven(type.name, name, deprecationReason), namer: namerOf(getNamedType(inner)) }
      if (key.use ?? key.namer) namer.keys.set(name, key)
    }
    if (namer.keys.size > 0) return namer
    namers.set(type.name, undefined)
    return undefined
  }

  function collect(namer: Namer, value: unknown, around: Module | undefined, into: Map<string, Use>) {
    const add = (use: Use | undefined) => void (use && into.set(use.coordinate, use))
    if (Array.isArray(value)) for (const each of value) collect(namer, each, around, into)
    else if (namer.kind === 'option') add(typeof value === 'string' ? namer.options.get(value) : undefined)
    else if (typeof value !== 'object' || value === null) return
    else if (namer.kind === 'part') {
      if (around && 'field' in value && typeof value.field === 'string')
        add(ofModule(around, value.field, around.graphql.type))
    } else {
      for (const [name, given] of Object.entries(value)) {
        const key = namer.keys.get(name)
        add(key?.use)
        if (key?.namer) collect(key.namer, given, namer.module ?? around, into)
      }
    }
  }

  return {
    namerOf,
    collect,
    ofField(owner: string, { name, deprecationReason }: { name: string; deprecationReason?: string | null }) {
      const module = owners.get(owner)
      if (module) return ofModule(module, name, owner, deprecationReason)
      const coordinate = `${owner}.${name}`
      return isHolder(owner) ? undefined : { name: coordinate, coordinate, reason: deprecationReason }
    },
    ofArgument(
      field: string,
      { name, deprecationReason: reason }: { name: string; deprecationReason?: string | null },
    ) {
      const coordinate = `${field}(${name}:)`
      return reason == null ? undefined : { name: coordinate, coordinate, reason }
    },
  }
}

/** Everything of an API that will go, in steps. */
export function* findingDeprecated(api: GraphQLSchema, catalog: Catalog): Steps<readonly Deprecated[]> {
  const names = namesOf(catalog)
  const uses: Use[] = []
  for (const type of Object.values(api.getTypeMap())) {
    uses.push(...usesOf(names, type).flatMap(use => use ?? []))
    yield
  }
  return usedOf(uses).deprecated
}

function usesOf(names: Names, type: GraphQLNamedType): readonly (Use | undefined)[] {
  if (isObjectType(type)) {
    return Object.values(type.getFields()).flatMap(field => [
      names.ofField(type.name, field),
      ...field.args.map(argument => names.ofArgument(`${type.name}.${field.name}`, argument)),
    ])
  }
  const namer = names.namerOf(type)
  if (namer?.kind === 'option') return [...namer.options.values()]
  return namer?.kind === 'object' ? [...namer.keys.values()].map(({ use }) => use) : []
}
