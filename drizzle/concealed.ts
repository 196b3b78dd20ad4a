import { hiddenFields } from '../schema/access.ts'
import { derivationOf, displayFields } from '../schema/derive.ts'
import { fieldOf, type Module } from '../schema/module.ts'
import type { Sight } from './scope.ts'

/**
 * Is the value of a field kept from the principal: by a rule of its own, or because it would tell a hidden value?
 *
 * What is concealed reads as null, and nothing can be filtered or sorted by it.
 */
export function isConcealed(sight: Sight, module: Module, name: string): boolean {
  if (!hasFieldRules(sight)) return false
  if (hiddenFields(sight.access, module).includes(name)) return true
  const derivation = fieldOf(module, name) && derivationOf(sight.catalog, module, name)
  if (!derivation) return false
  const hides = (own: string) => isConcealed(sight, module, own)
  switch (derivation.kind) {
    case 'words':
      return derivation.of.every(hides)
    case 'same':
      return hides(derivation.field)
    case 'related':
      return hides(derivation.key) || isShownConcealed(sight, derivation.module, derivation.show)
    case 'linked': {
      const target = sight.catalog.links(module).get(derivation.link)?.target
      return target !== undefined && isShownConcealed(sight, target, derivation.show)
    }
    case 'parent':
      return hides(derivation.key) || hides(derivation.type)
    case 'relatedEmail':
      return hides(derivation.key) || isConcealed(sight, derivation.module, 'email1')
    case 'sum': {
      const target = sight.catalog.links(module).get(derivation.link)?.target
      return target !== undefined && isConcealed(sight, target, derivation.field)
    }
    case 'email':
      return derivation.show !== 'email_address' && hides('email1')
    case 'currency':
      return hides(derivation.key)
    case 'emailText':
    case 'count':
      return false
  }
}

/** The columns of a record's name that the principal may see. */
export const visibleNames = (sight: Sight, module: Module): readonly string[] =>
  displayFields(module).filter(name => !isConcealed(sight, module, name))

function isShownConcealed(sight: Sight, module: Module, show: string): boolean {
  if (show === 'display' || show === 'plain') return visibleNames(sight, module).length === 0
  return isConcealed(sight, module, show)
}

const hasFieldRules = ({ access }: Sight) =>
  access.shape !== '' && [...access.modules.values()].some(rules => rules.fields.size > 0)
