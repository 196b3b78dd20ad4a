import type { Catalog } from '../../schema/catalog.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { isLoadable } from './links.ts'
import { ParameterError, resolveOptions, type Option, type Options } from './options.ts'
import { isArray, phpString, type PhpArray, type PhpValue } from './php-array.ts'

/** `page[size]` and `page[number]` as sent. */
export type Page = { readonly size?: number; readonly number?: number }
export type SortBy = { readonly field: string; readonly descending: boolean }
/** What `data` of a body holds. */
export type Data = { readonly type: string; readonly id?: string; readonly attributes: ReadonlyMap<string, PhpValue> }

const modulePattern = /^(\d|\W)|\W/
const idPattern = /^(\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i
const looseUuid = /^[{[]?[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}[}\]]?$/i

/** Symfony's NotBlank. */
const isBlank = (value: PhpValue) =>
  value === null || value === false || value === '' || (isArray(value) && value.size === 0)

const everyValue = (value: PhpValue, allows: (item: PhpValue) => boolean) =>
  isArray(value) && [...value.values()].every(allows)

const isName = (value: PhpValue) => typeof value === 'string' && value !== '' && !modulePattern.test(value)

export const moduleName: Option = { required: true, type: 'string', allows: isName }

export const id: Option = {
  required: true,
  type: 'string',
  allows: value => typeof value === 'string' && idPattern.test(value),
}

export const relatedId: Option = {
  required: true,
  type: 'string',
  allows: value => typeof value === 'string' && looseUuid.test(value),
}

/** The module of that name or alias, where SuiteCRM makes a new record of it. */
export function moduleFor(catalog: Catalog, name: string): Module {
  const module = catalog.byAlias.get(name)
  if (!module) throw new ParameterError(`Module ${name} does not exist`)
  return module
}

/** `fields[Accounts]=name,industry`: only the first key counts; it may name another module that has these fields. */
export const fields = (catalog: Catalog): Option => ({
  type: 'array',
  allows: value => everyValue(value, item => typeof item === 'string' && item !== '' && !/[^\w\-,]/.test(item)),
  normalize(value) {
    const [entry] = isArray(value) ? value : []
    const module = moduleFor(catalog, entry?.[0] ?? '')
    const names = String(entry?.[1] ?? '').split(',')
    const unknown = names.filter(name => !fieldOf(module, name))
    if (unknown.length)
      throw new ParameterError(
        `The following field${unknown.length > 1 ? 's' : ''} in ${module.objectName} module ` +
          `${unknown.length > 1 ? 'are' : 'is'} not found: ${unknown.join(', ')}`,
      )
    return new Set(names)
  },
})

const positive: Option = { type: 'string', allows: value => Number(value) > 0 }

export const page: Option = {
  type: 'array',
  allows: value => everyValue(value, item => typeof item === 'string' && item !== '' && !/[^\d]/.test(item)),
  async normalize(value): Promise<Page> {
    const page = await resolveOptions({ size: positive, number: positive }, isArray(value) ? value : new Map())
    const [size, number] = [page.get('size'), page.get('number')]
    return {
      size: size === undefined ? undefined : Number(size),
      number: number === undefined ? undefined : Number(number),
    }
  },
}

/** @param sorted  the module whose records are sorted */
export const sort = (
  sorted: (options: Parameters<NonNullable<Option['normalize']>>[1]) => Promise<Module>,
): Option => ({
  type: 'string',
  allows: value => typeof value === 'string' && value !== '' && !/[^\w\-]/.test(value),
  async normalize(value, options): Promise<SortBy> {
    const module = await sorted(options)
    const text = String(value)
    const field = text.startsWith('-') ? text.replace(/^-+/, '') : text
    if (!fieldOf(module, field))
      throw new ParameterError(`Sort field ${field} in ${module.objectName} module is not found`)
    return { field, descending: text.startsWith('-') }
  },
})

/** `data` of a body, its own keys checked by `defined`. */
export const data = (defined: Options): Option => ({
  required: true,
  type: 'array',
  allows: value => everyValue(value, item => !isBlank(item)),
  async normalize(value): Promise<Data> {
    const resolved = await resolveOptions(defined, isArray(value) ? value : new Map())
    const [type, id, attributes] = [resolved.get('type'), resolved.get('id'), resolved.get('attributes')]
    return {
      type: typeof type === 'string' ? type : '',
      id: typeof id === 'string' ? id : undefined,
      attributes: attributes instanceof Map ? (attributes as PhpArray) : new Map(),
    }
  },
})

export const newId: Option = { type: 'string', allows: value => typeof value === 'string' && looseUuid.test(value) }

/** Attributes are checked against the module that `type` names; what is neither text, number nor boolean is refused. */
export const attributes = (catalog: Catalog): Option => ({
  type: 'array',
  allows: value => everyValue(value, item => !isArray(item)),
  async normalize(value, options) {
    const module = moduleFor(catalog, String(await options.get('type')))
    for (const name of isArray(value) ? value.keys() : [])
      if (!fieldOf(module, name)) throw new ParameterError(`Property ${name} in ${module.objectName} module is invalid`)
    return value
  },
})

/** A link of the record that `sourceRecord` found. */
export const linkFieldName = (
  source: (options: Parameters<NonNullable<Option['normalize']>>[1]) => Promise<Module>,
): Option => ({
  required: true,
  type: 'string',
  allows: isName,
  async normalize(value, options) {
    const module = await source(options)
    const name = phpString(isArray(value) ? null : value)
    if (!isLoadable(module, name))
      throw new ParameterError(`Cannot load relationship ${name} for ${module.objectName} module`)
    return name
  },
})
