import type { Arguments } from './call.ts'
import { Fault } from './fault.ts'
import { parametersOf, type Parameter } from './view.ts'

/**
 * The arguments of a call from decoded `rest_data`.
 *
 * They are positional: of an object the values count in their order, whatever their names (SuiteCRM's own Outlook
 * plugin misspells one). A single value is the first argument; arguments too many are left out.
 *
 * @throws Fault  an argument that has no default is missing
 */
export function bind(method: string, data: unknown): Arguments {
  const values: readonly unknown[] = typeof data === 'object' && data !== null ? Object.values(data) : [data]
  return take(parametersOf.get(method) ?? [], (_parameter, i) => (i < values.length ? { value: values[i] } : undefined))
}

/** The same from arguments by name, as the routes of the REST view carry them. */
export function bindNamed(method: string, given: Readonly<Record<string, unknown>>): Arguments {
  return take(parametersOf.get(method) ?? [], ({ name }) =>
    given[name] === undefined ? undefined : { value: given[name] },
  )
}

type Given = { readonly value: unknown } | undefined

function take(parameters: readonly Parameter[], given: (parameter: Parameter, i: number) => Given): Arguments {
  const bound: Record<string, unknown> = {}
  parameters.forEach((parameter, i) => {
    const argument = given(parameter, i)
    if (!argument && parameter.required) throw new Fault('invalid_data_format')
    bound[parameter.name] = argument ? argument.value : parameter.defaultValue
  })
  return bound
}
