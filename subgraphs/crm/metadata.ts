import type { Catalog } from '../../schema/catalog.ts'
import { isCustom, isLink, type Field } from '../../schema/field.ts'
import { scalarOf } from '../../schema/graphql-types.ts'
import { isMany } from '../../schema/link.ts'
import type { OptionList } from '../../schema/lists.ts'
import type { Module } from '../../schema/module.ts'
import { readableFields } from './sdl.ts'

/** The queries about modules, fields and lists: answers about definitions, made once per catalog. */
export function metadataResolvers(catalog: Catalog) {
  const modules = new Map(catalog.modules.map(module => [module.name, moduleInfo(catalog, module)]))
  const list = (name: string) => {
    const options = catalog.lists.get(name)
    return options ? { name, options: optionsOf(options) } : null
  }
  return {
    modules: () => [...modules.values()],
    module: (_source: unknown, { name }: { name: string }) => modules.get(name) ?? null,
    optionLists: () => [...catalog.lists.keys()].map(list),
    optionList: (_source: unknown, { name }: { name: string }) => list(name),
  }
}

function moduleInfo(catalog: Catalog, module: Module) {
  const inGraph = new Set(readableFields(catalog, module).map(([name]) => name))
  return {
    name: module.name,
    label: module.label,
    ...module.graphql,
    table: module.table,
    fields: Object.entries(module.fields)
      .filter(([, field]) => !isLink(field) && !field.sensitive)
      .map(([name, field]) =>
        fieldInfo(catalog, name, field, inGraph.has(name) ? scalarOf(catalog, module, name) : null),
      ),
    links: [...catalog.links(module).values()].map(link => ({
      name: link.name,
      label: module.fields[link.name]?.label ?? null,
      module: link.target.name,
      many: isMany(link),
      relationship: link.relationship,
    })),
  }
}

const fieldInfo = (catalog: Catalog, name: string, field: Field, type: string | null) => ({
  name,
  label: field.label ?? null,
  kind: field.kind,
  type,
  required: field.required === true || field.required === 'true' || field.required === '1' || field.required === 1,
  length: field.len === undefined ? null : Math.trunc(Number(field.len)),
  readOnly: field.readonly === true || field.autoIncrement === true,
  custom: isCustom(field),
  comment: field.comment || null,
  options: field.options ? optionsOf(catalog.lists.get(field.options) ?? {}) : null,
})

const optionsOf = (list: OptionList) => Object.entries(list).map(([key, label]) => ({ key, label }))
