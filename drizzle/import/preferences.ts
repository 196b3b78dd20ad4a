import { isUtf8 } from 'node:buffer'
import { unserialize } from 'php-serialize'

/**
 * What a user has chosen, as JSON text; lists and maps as PHP's own json_encode tells them apart.
 *
 * @param contents  SuiteCRM's form: PHP's serialize() in base64
 * @returns undefined when it is something else, or holds what JSON cannot (objects, references, NUL bytes, huge numbers)
 */
export function preferencesJson(contents: string): string | undefined {
  const serialised = Buffer.from(contents, 'base64')
  // As a key it would set a prototype and vanish.
  if (!isUtf8(serialised) || serialised.includes('__proto__') || serialised.includes(0)) return undefined
  try {
    const chosen: unknown = unserialize(serialised)
    return typeof chosen === 'object' && chosen !== null ? JSON.stringify(chosen) : undefined
  } catch {
    return undefined
  }
}
