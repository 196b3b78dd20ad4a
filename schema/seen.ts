import { LRUCache } from 'lru-cache'
import { hiddenFields, type Access } from './access.ts'
import { catalogOf, type Catalog } from './catalog.ts'

const seen = new WeakMap<Catalog, LRUCache<string, Catalog>>()

/** Kept for at most so many different sets of rights. */
const accessesMax = 100

/**
 * The catalog without the fields that roles hide from a principal. The legacy APIs work with it, so that to their clients
 * such a field is none: not answered, not described, unknown in filters, and passed over when it is sent.
 */
export function seenBy(catalog: Catalog, access: Access): Catalog {
  if (access.shape === '' || catalog.modules.every(module => hiddenFields(access, module).length === 0)) return catalog
  let known = seen.get(catalog)
  if (!known) seen.set(catalog, (known = new LRUCache({ max: accessesMax })))
  let made = known.get(access.shape)
  if (!made) known.set(access.shape, (made = without(catalog, access)))
  return made
}

function without(catalog: Catalog, access: Access): Catalog {
  const modules = catalog.modules.map(module => {
    const hidden = new Set(hiddenFields(access, module))
    if (hidden.size === 0) return module
    return {
      ...module,
      fields: Object.fromEntries(Object.entries(module.fields).filter(([name]) => !hidden.has(name))),
    }
  })
  return catalogOf(modules, catalog)
}
