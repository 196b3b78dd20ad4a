import { isArray, type PhpArray, type PhpValue } from './php-array.ts'

/** A parameter that V8 refuses; the message is SuiteCRM's, word by word. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError'
}

/** The other options, for an option that looks at them. */
export type Others = { readonly get: (name: string) => Promise<unknown> }

/** One option of a request: a part of the path, of the query or of the body. */
export type Option<Value> = {
  readonly required?: true
  readonly type: 'string' | 'array'
  /** Is the value allowed? */
  readonly allows?: (value: PhpValue) => boolean
  /** What stands in for an option that was not sent. Takes no part in the checks above. */
  readonly fallback?: (others: Others) => Value | Promise<Value>
  /** Turns an allowed value into what the handler works with. */
  readonly normalize: (value: PhpValue, others: Others) => Value | Promise<Value>
}
export type RequiredOption<Value> = Option<Value> & { readonly required: true }
export type FallbackOption<Value> = Option<Value> & Required<Pick<Option<Value>, 'fallback'>>

type Options = Readonly<Record<string, Option<unknown>>>
type Values<Defined extends Options> = {
  readonly [Name in keyof Defined]: Defined[Name] extends RequiredOption<infer Value> | FallbackOption<infer Value>
    ? Value
    : Defined[Name] extends Option<infer Value>
      ? Value | undefined
      : never
}

/**
 * Checks what was sent against what is defined, in the order and with the messages of Symfony's OptionsResolver.
 *
 * Unknown names first, then missing ones, then each value: options with a fallback before all, then in the order sent.
 * An option that looks at another one pulls that one forward.
 *
 * @throws ParameterError  for the first thing that is wrong
 */
export async function resolveOptions<Defined extends Options>(
  defined: Defined,
  given: PhpArray,
): Promise<Values<Defined>> {
  refuseUnknown(defined, given)
  refuseMissing(defined, given)

  const values = new Map<string, Promise<unknown>>()
  const get = (name: string) => {
    let value = values.get(name)
    if (!value) values.set(name, (value = resolveOne(name)))
    return value
  }
  const resolveOne = async (name: string): Promise<unknown> => {
    const option = Object.hasOwn(defined, name) ? defined[name] : undefined
    const value = given.get(name)
    if (value === undefined) return option?.fallback?.({ get })
    if (!option) return value
    refuseInvalid(name, option, value)
    return option.normalize(value, { get })
  }

  const order = [...Object.keys(defined).filter(name => defined[name]?.fallback), ...given.keys()]
  const result: Record<string, unknown> = {}
  for (const name of order) result[name] = await get(name)
  return result as Values<Defined>
}

function refuseUnknown(defined: Options, given: PhpArray) {
  const unknown = [...given.keys()].filter(name => !Object.hasOwn(defined, name)).sort()
  if (unknown.length === 0) return
  const what = unknown.length > 1 ? `options ${quoted(unknown)} do` : `option ${quoted(unknown)} does`
  throw new ParameterError(`The ${what} not exist. Defined options are: ${quoted(Object.keys(defined).sort())}.`)
}

function refuseMissing(defined: Options, given: PhpArray) {
  const missing = Object.keys(defined)
    .filter(name => defined[name]?.required && !given.has(name))
    .sort()
  if (missing.length === 0) return
  const what = missing.length > 1 ? `options ${quoted(missing)} are` : `option ${quoted(missing)} is`
  throw new ParameterError(`The required ${what} missing.`)
}

function refuseInvalid(name: string, { type, allows }: Option<unknown>, value: PhpValue) {
  if (typeName(value) !== type)
    throw new ParameterError(
      `The option "${name}" with value ${shown(value)} is expected to be of type "${type}", ` +
        `but is of type "${typeName(value)}".`,
    )
  if (allows && !allows(value)) throw new ParameterError(`The option "${name}" with value ${shown(value)} is invalid.`)
}

const quoted = (names: readonly string[]) => names.map(name => `"${name}"`).join(', ')

/** PHP's get_debug_type(). */
function typeName(value: PhpValue): string {
  if (isArray(value)) return 'array'
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return 'string'
}

const shown = (value: PhpValue) => (isArray(value) ? 'array' : typeof value === 'string' ? `"${value}"` : String(value))
