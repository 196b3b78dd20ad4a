import type { Field, Fields } from './field.ts'

/** A CRM module: the one definition that tables, APIs, documents and forms are projected from. */
export type Module = {
  /** The plural name that all APIs use, e.g. `Accounts`. */
  readonly name: string
  readonly label: string
  /** The singular name that V8 answers as `type`, where it differs from the class: `Case` for `aCase`. */
  readonly objectName: string
  /** The class name that SuiteCRM also accepts in place of the module's name. */
  readonly beanClass: string
  readonly table: string
  readonly graphql: { readonly type: string; readonly one: string; readonly many: string }
  readonly audited: boolean
  readonly optimisticLocking: boolean
  readonly unifiedSearch: boolean
  readonly fields: Fields
}

type Definition = Pick<Module, 'name' | 'label' | 'beanClass' | 'table' | 'graphql' | 'fields'> &
  Partial<Pick<Module, 'objectName' | 'audited' | 'optimisticLocking' | 'unifiedSearch'>>

export const defineModule = (definition: Definition): Module => ({
  audited: false,
  optimisticLocking: false,
  unifiedSearch: false,
  objectName: definition.beanClass,
  ...definition,
})

/** The field of that name, if the module has it; a name such as `constructor` is nobody's field. */
export const fieldOf = (module: Module, name: string): Field | undefined =>
  Object.hasOwn(module.fields, name) ? module.fields[name] : undefined
