import type { Catalog } from '../catalog.ts'
import { secretsOf } from './secrets.ts'
import { redactValue, type Vocabulary } from './value.ts'

const made = new WeakMap<Catalog, Vocabulary>()

/**
 * What was redacted when it was kept, without what has become secret since. Nothing that was hidden comes back.
 *
 * @param catalog  as it is now
 */
export function redactAgain(catalog: Catalog, kept: unknown): unknown {
  let vocabulary = made.get(catalog)
  if (!vocabulary) made.set(catalog, (vocabulary = vocabularyNow(catalog)))
  return redactValue(kept, vocabulary)
}

function vocabularyNow(catalog: Catalog): Vocabulary {
  const isSecret = secretsOf(catalog)
  /** `filter[pin_c][eq]` has the names between its brackets. */
  const hides = (key: string) => key.split(/[[\]]+/).some(isSecret)
  const names = (document: string) => document.match(/\w+/g) ?? []
  return {
    words: { has: () => true },
    hides,
    // A document that names a secret may have it beside the name.
    shows: (key, value) => !hides(key) && !(key === 'query' && names(String(value)).some(isSecret)),
  }
}
