import type { Catalog } from '../../schema/catalog.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { everything, parseFilter, type ParsedFilter } from './filter.ts'
import { isLoadable } from './links.ts'
import {
  ParameterError,
  resolveOptions,
  type FallbackOption,
  type Option,
  type Others,
  type RequiredOption,
} from './options.ts'
import { isArray, phpString, type PhpArray, type PhpValue } from './php-array.ts'

/** `page[size]` and `page[number]` as sent. */
export type Page = { readonly size?: number; readonly number?: number }
export type SortBy = { readonly field: string; readonly descending: boolean }

/** Which module's fields an option is about, known once other options are. */
export type ModuleOf = (others: Others) => Promise<Module>

const modulePattern = /^(\d|\W)|\W/
const idPattern = /^(\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i
const looseUuid = /^[{[]?[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}[}\]]?$/i

const text = (value: PhpValue) => (isArray(value) ? '' : phpString(value))
const array = (value: PhpValue): PhpArray => (isArray(value) ? value : new Map())
const everyValue = (value: PhpValue, allows: (item: PhpValue) => boolean) => [...array(value).values()].every(allows)

/** Symfony's NotBlank. */
const isBlank = (value: PhpValue) =>
  value === null || value === false || value === '' || (isArray(value) && value.size === 0)

const matching = (pattern: RegExp): RequiredOption<string> => ({
  required: true,
  type: 'string',
  allows: value => pattern.test(text(value)),
  normalize: text,
})

const isName = (value: PhpValue) => text(value) !== '' && !modulePattern.test(text(value))

export const moduleName: RequiredOption<string> = { required: true, type: 'string', allows: isName, normalize: text }
export const id = matching(idPattern)
export const relatedId = matching(looseUuid)
export const newId: Option<string> = { type: 'string', allows: relatedId.allows, normalize: text }

/** The module of that name or alias, where SuiteCRM makes a new record of it. */
export function moduleFor(catalog: Catalog, name: string): Module {
  const module = catalog.byAlias.get(name)
  if (!module) throw new ParameterError(`Module ${name} does not exist`)
  return module
}

/** `fields[Accounts]=name,industry`: only the first key counts; it may name another module that has these fields. */
export const fields = (catalog: Catalog): Option<ReadonlySet<string>> => ({
  type: 'array',
  allows: value => everyValue(value, item => typeof item === 'string' && item !== '' && !/[^\w\-,]/.test(item)),
  normalize(value) {
    const [[key, list] = ['', '']] = array(value)
    const module = moduleFor(catalog, key)
    const names = text(list).split(',')
    const unknown = names.filter(name => !fieldOf(module, name))
    const [noun, verb] = unknown.length > 1 ? (['fields', 'are'] as const) : (['field', 'is'] as const)
    if (unknown.length > 0)
      throw new ParameterError(
        `The following ${noun} in ${module.objectName} module ${verb} not found: ${unknown.join(', ')}`,
      )
    return new Set(names)
  },
})

const positive: Option<number> = { type: 'string', allows: value => Number(value) > 0, normalize: Number }

export const page: Option<Page> = {
  type: 'array',
  allows: value => everyValue(value, item => typeof item === 'string' && item !== '' && !/[^\d]/.test(item)),
  normalize: value => resolveOptions({ size: positive, number: positive }, array(value)),
}

export const sort = (moduleOf: ModuleOf): Option<SortBy> => ({
  type: 'string',
  allows: value => text(value) !== '' && !/[^\w-]/.test(text(value)),
  async normalize(value, others) {
    const module = await moduleOf(others)
    const field = text(value).replace(/^-+/, '')
    if (!fieldOf(module, field))
      throw new ParameterError(`Sort field ${field} in ${module.objectName} module is not found`)
    return { field, descending: text(value).startsWith('-') }
  },
})

export const filter = (moduleOf: ModuleOf): FallbackOption<ParsedFilter> => ({
  type: 'array',
  allows: value => !isBlank(value),
  async fallback(others) {
    await moduleOf(others)
    return everything
  },
  normalize: async (value, others) => parseFilter(await moduleOf(others), array(value)),
})

/** The module that a body's `type` names. */
export const type = moduleName

/** Checked against the module that `type` names; lists and objects are no values. */
export const attributes = (catalog: Catalog): Option<PhpArray> => ({
  type: 'array',
  allows: value => everyValue(value, item => !isArray(item)),
  async normalize(value, others) {
    const module = moduleFor(catalog, String(await others.get('type')))
    for (const name of array(value).keys())
      if (!fieldOf(module, name)) throw new ParameterError(`Property ${name} in ${module.objectName} module is invalid`)
    return array(value)
  },
})

/** `data` of a body; its own keys are checked by `resolve`. */
export const data = <Value>(resolve: (data: PhpArray) => Promise<Value>): RequiredOption<Value> => ({
  required: true,
  type: 'array',
  allows: value => everyValue(value, item => !isBlank(item)),
  normalize: value => resolve(array(value)),
})

/** A link of the module that the path names. */
export const linkFieldName = (moduleOf: ModuleOf): RequiredOption<string> => ({
  required: true,
  type: 'string',
  allows: isName,
  async normalize(value, others) {
    const module = await moduleOf(others)
    if (isLoadable(module, text(value))) return text(value)
    throw new ParameterError(`Cannot load relationship ${text(value)} for ${module.objectName} module`)
  },
})
