import type { Catalog } from '../../schema/catalog.ts'
import type { Module } from '../../schema/module.ts'
import { flagOf, textOf, textsOf } from './arguments.ts'
import type { Arguments, Call } from './call.ts'
import { checkSum } from './check-sum.ts'
import { planned } from './plan.ts'

type Labels = Readonly<Record<string, unknown>>

/** Labels of modules, of all modules (`app_strings`), and of options (`app_list_strings`). */
export function getLanguageDefinition(call: Call, args: Arguments) {
  const { catalog } = call.context
  const names = typeof args.modules === 'object' ? textsOf(args.modules) : [textOf(args.modules)]
  const definitions = names.map(name => {
    const labels = labelsOf(catalog, name)
    const key = /^app_(list_)?strings$/i.test(name) ? name.toLowerCase() : name
    return [key, flagOf(args.md5) ? checkSum(labels) : labels] as const
  })
  return Object.fromEntries(definitions)
}

function labelsOf(catalog: Catalog, name: string): Labels | readonly [] {
  switch (name.toLowerCase()) {
    case 'app_strings':
      return commonLabels(catalog)
    case 'app_list_strings':
      return {
        moduleList: Object.fromEntries(catalog.modules.map(module => [module.name, module.label])),
        ...Object.fromEntries(catalog.lists),
      }
    default: {
      const module = catalog.byName.get(name)
      return module ? moduleLabels(module) : []
    }
  }
}

const moduleLabels = (module: Module): Labels => ({ ...fieldLabels(module), LBL_MODULE_NAME: module.label })

const fieldLabels = ({ fields }: Module): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.values(fields).flatMap(({ vname, label }) =>
      vname !== undefined && label !== undefined ? [[vname, label]] : [],
    ),
  )

const modulesMin = 5

/** Labels that at least five modules share, and that no module reads differently. */
const commonLabels = (catalog: Catalog): Labels =>
  planned(catalog, 'common labels', () => {
    const texts = new Map<string, string[]>()
    for (const module of catalog.modules) {
      for (const [name, text] of Object.entries(fieldLabels(module)))
        texts.set(name, [...(texts.get(name) ?? []), text])
    }
    const common = [...texts].filter(([, of]) => of.length >= modulesMin && new Set(of).size === 1)
    return Object.fromEntries(common.map(([name, [text]]) => [name, text]))
  })
