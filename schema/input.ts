import type { Catalog } from './catalog.ts'
import { derivationOf } from './derive.ts'
import { isStored } from './field.ts'
import { fieldOf, type Module } from './module.ts'

/**
 * Can a client give the field a value? Columns that are not secret, and derived fields whose value has a place of its
 * own: e-mail addresses, the id of a record reached over a join, the text and addresses of an e-mail, files.
 */
export function isInput(catalog: Catalog, module: Module, name: string): boolean {
  const field = fieldOf(module, name)
  if (!field || field.sensitive || field.kind === 'link') return false
  if (isStored(field)) return true
  if (fileFields.includes(name) && isFileModule(module)) return true
  const derivation = derivationOf(catalog, module, name)
  switch (derivation?.kind) {
    case 'email':
    case 'emailText':
      return true
    case 'linked':
      return derivation.show === 'id'
    default:
      return false
  }
}

/** Modules whose records are stored with a file of their own, under their id. */
export const holdsFile = (module: Module) => {
  const field = fieldOf(module, 'filename')
  return field?.kind === 'file' && isStored(field)
}

/** Modules whose records come with a file. */
export const isFileModule = (module: Module) => fieldOf(module, 'filecontents') !== undefined

const fileFields = ['filename', 'filecontents', 'revision']
