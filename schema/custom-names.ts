import { readFileSync } from 'node:fs'
import { HouseError } from './errors.ts'
import type { Module } from './module.ts'

/** PostgreSQL cuts longer names off, and a table in the middle is called by two of them. */
const fieldNameMax = 60
const moduleNameMax = 30

const invalid = (field: string, message: string) => new HouseError('INVALID', message, { field })

/**
 * The name of a field that is added to a module: as SuiteCRM's Studio has it, with `_c` at its end.
 *
 * @throws INVALID  it is no name for a field
 */
export function additionName(name: string): string {
  const full = name.endsWith('_c') ? name : `${name}_c`
  checkFieldName(full)
  return full
}

/** @throws INVALID  it is no name for a field */
export function checkFieldName(name: string, at = 'name') {
  if (!/^[a-z][a-z0-9_]*$/.test(name) || name.includes('__') || name.length > fieldNameMax)
    throw invalid(at, `A field is called by a-z, 0-9 and single _, a letter first, at most ${fieldNameMax} in all`)
  if (reservedFields.has(name)) throw invalid(at, `${name} has a meaning of its own in queries`)
}

/** What filters, PHP and JavaScript, or GraphQL's enumerations use themselves. */
const reservedFields = new Set(['and', 'or', 'not', 'concat', 'true', 'false', 'null', 'constructor', 'file', 'link'])

/** @throws INVALID  it is no name for a module */
export function checkModuleName(name: string) {
  if (!/^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$/.test(name) || name.length > moduleNameMax)
    throw invalid(
      'name',
      `A module is called by letters, digits and single _, a letter first, at most ${moduleNameMax}, e.g. Boats or acme_Boats`,
    )
}

/** The names that a module has in GraphQL and in the database, as far as nobody says otherwise: Boats, Boat, boat, boats. */
export function namesFor(name: string, given: Partial<Record<'type' | 'one' | 'many', string | null>>) {
  const words = name.split('_').map(word => word.charAt(0).toUpperCase() + word.slice(1))
  const plural = words.join('')
  const type = given.type ?? singular(plural)
  const one = given.one ?? lowerFirst(type)
  const many = given.many ?? (lowerFirst(plural) === one ? `${one}Records` : lowerFirst(plural))
  return { type, one, many, table: name.toLowerCase() }
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)

function singular(plural: string) {
  if (/[^aeiou]ies$/.test(plural)) return `${plural.slice(0, -3)}y`
  if (/(ss|x|ch|sh|us)es$/.test(plural)) return plural.slice(0, -2)
  return /[^su]s$/.test(plural) ? plural.slice(0, -1) : plural
}

/**
 * Refuses names in GraphQL that somebody has already.
 *
 * @throws INVALID  `field` says which of them
 */
export function checkGraphqlNames({ type, one, many }: Module['graphql'], modules: readonly Module[]) {
  if (!/^[A-Z][A-Za-z0-9]{0,39}$/.test(type))
    throw invalid('type', 'A type is called by letters and digits, a capital first, at most 40, e.g. Boat')
  for (const [at, name] of [
    ['one', one],
    ['many', many],
  ] as const)
    if (!/^[a-z][A-Za-z0-9]{0,39}$/.test(name))
      throw invalid(at, 'A query is called by letters and digits, a small letter first, at most 40, e.g. boats')
  if (one === many) throw invalid('many', 'The queries for one record and for many need names of their own')
  const taken = takenNames(modules)
  const type0 = typesOf(type).find(name => taken.types.has(name))
  if (type0 !== undefined) throw invalid('type', `There is a type ${type0} already; choose another type`)
  const fields = [...queriesOf({ type, one, many }), ...mutationsOf(type)]
  const clash = fields.find(name => taken.fields.has(name))
  if (clash !== undefined) throw invalid('one', `There is a ${clash} already; choose other names for the queries`)
}

const ends = ['', 'Connection', 'Edge', 'SortField', 'Sort', 'Filter', 'Input', 'Link']
const typesOf = (type: string) => ends.map(end => type + end)
const queriesOf = ({ one, many }: Module['graphql']) => [one, many]
const mutationsOf = (type: string) => ['create', 'update', 'delete', 'relate', 'unrelate'].map(verb => verb + type)

type Taken = { readonly types: ReadonlySet<string>; readonly fields: ReadonlySet<string> }

let core: Taken | undefined

/** What the schema that every installation has calls its types and its roots' fields, and what other modules add. */
function takenNames(modules: readonly Module[]): Taken {
  core ??= coreNames()
  return {
    types: new Set([...core.types, ...modules.flatMap(({ graphql }) => typesOf(graphql.type))]),
    fields: new Set([
      ...core.fields,
      ...modules.flatMap(({ graphql }) => [...queriesOf(graphql), ...mutationsOf(graphql.type)]),
    ]),
  }
}

function coreNames(): Taken {
  const text = readFileSync(new URL('api.graphql', import.meta.url), 'utf8')
  const named = [...text.matchAll(/^(?:type|input|enum|scalar|interface|union) (\w+)/gm)].map(([, name = '']) => name)
  const roots = [...text.matchAll(/^type (?:Query|Mutation|Subscription) \{\n([\s\S]*?)^\}/gm)].map(
    ([, body = '']) => body,
  )
  const fields = roots.flatMap(body => [...body.matchAll(/^ {2}(\w+)/gm)].map(([, name = '']) => name))
  return { types: new Set([...named, ...builtIn]), fields: new Set(fields) }
}

const builtIn = ['String', 'Int', 'Float', 'Boolean', 'ID']
