import { isArray, type PhpArray, type PhpValue } from './php-array.ts'

/** A parameter that V8 refuses; the message is SuiteCRM's, word by word. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError'
}

type Resolved = { readonly get: (name: string) => Promise<unknown>; readonly has: (name: string) => boolean }

/** One option of a request: a part of the path, of the query or of the body. */
export type Option = {
  readonly required?: true
  readonly type?: 'string' | 'array'
  /** Is the value allowed? May throw a ParameterError of its own. */
  readonly allows?: (value: PhpValue) => boolean
  /** What stands in for an option that was not sent. Takes no part in the checks above. */
  readonly fallback?: (options: Resolved) => unknown
  /** Turns an allowed value into what the handler works with. */
  readonly normalize?: (value: PhpValue, options: Resolved) => unknown
}

export type Options = Readonly<Record<string, Option>>

/**
 * Checks what was sent against what is defined, in the order and with the messages of Symfony's OptionsResolver.
 *
 * Unknown names first, then missing ones, then each value: options with a fallback before all, then in the order sent.
 * An option that looks at another one pulls that one forward.
 *
 * @throws ParameterError  for the first thing that is wrong
 */
export async function resolveOptions(defined: Options, given: PhpArray): Promise<ReadonlyMap<string, unknown>> {
  const unknown = [...given.keys()].filter(name => !Object.hasOwn(defined, name)).sort()
  if (unknown.length)
    throw new ParameterError(
      `The option${unknown.length > 1 ? 's' : ''} ${quoted(unknown)} do${unknown.length > 1 ? '' : 'es'} not exist. ` +
        `Defined options are: ${quoted(Object.keys(defined).sort())}.`,
    )
  const missing = Object.keys(defined)
    .filter(name => defined[name]?.required && !given.has(name))
    .sort()
  if (missing.length)
    throw new ParameterError(
      `The required option${missing.length > 1 ? 's' : ''} ${quoted(missing)} ${missing.length > 1 ? 'are' : 'is'} missing.`,
    )

  const values = new Map<string, Promise<unknown>>()
  const resolved: Resolved = {
    has: name => given.has(name) || defined[name]?.fallback !== undefined,
    get(name) {
      let value = values.get(name)
      if (!value) values.set(name, (value = resolveOne(name)))
      return value
    },
  }
  const resolveOne = async (name: string): Promise<unknown> => {
    const option = defined[name] ?? {}
    const value = given.get(name)
    if (value === undefined) return option.fallback?.(resolved)
    if (option.type && typeName(value) !== option.type)
      throw new ParameterError(
        `The option "${name}" with value ${shown(value)} is expected to be of type "${option.type}", ` +
          `but is of type "${typeName(value)}".`,
      )
    if (option.allows && !option.allows(value))
      throw new ParameterError(`The option "${name}" with value ${shown(value)} is invalid.`)
    return option.normalize ? option.normalize(value, resolved) : value
  }

  const order = [...Object.keys(defined).filter(name => defined[name]?.fallback), ...given.keys()]
  const result = new Map<string, unknown>()
  for (const name of order) result.set(name, await resolved.get(name))
  return result
}

const quoted = (names: readonly string[]) => names.map(name => `"${name}"`).join(', ')

/** PHP's get_debug_type(). */
const typeName = (value: PhpValue): string =>
  isArray(value)
    ? 'array'
    : value === null
      ? 'null'
      : typeof value === 'string'
        ? 'string'
        : typeof value === 'boolean'
          ? 'bool'
          : Number.isInteger(value)
            ? 'int'
            : 'float'

const shown = (value: PhpValue) => (isArray(value) ? 'array' : typeof value === 'string' ? `"${value}"` : String(value))
