import { isErrorCode, type ErrorCode } from '../../schema/errors.ts'
import type { ExecuteError, Operation } from '../operation.ts'
import type { Call } from './call.ts'
import { Problem, type Fault, type Source } from './problem.ts'

type Variables = Readonly<Record<string, unknown>>

/**
 * Runs a prepared operation; a record that is not there is null in the data of a query.
 *
 * @throws Problem  what the graph refused, with the place in the request that it is about
 */
export async function run(
  { context, isRehearsal }: Pick<Call, 'context' | 'isRehearsal'>,
  operation: Operation,
  variables: Variables,
): Promise<Variables> {
  const { data, errors } = await context.execute(operation, variables, { ...context, isRehearsal })
  const isRead = operation.text.startsWith('query')
  const [first, ...rest] = (errors ?? [])
    .filter(error => !(isRead && codeOf(error) === 'NOT_FOUND'))
    .map(error => faultOf(error))
  if (first) throw new Problem([first, ...rest], retryAfter(first))
  return data ?? {}
}

const codeOf = ({ extensions }: ExecuteError): ErrorCode =>
  isErrorCode(extensions?.['code']) ? extensions['code'] : 'INTERNAL'

const hidden = new Set(['code', 'field', 'argument', 'type', 'requestId', 'header'])

/**
 * What an error of the graph is to a client.
 *
 * @param source  where in the request it lies, by the error's details
 */
export function faultOf(error: ExecuteError, source: (details: Variables) => Source | undefined = sourceOf): Fault {
  const code = codeOf(error)
  const details = error.extensions ?? {}
  const meta = Object.fromEntries(
    Object.entries(details).filter(([name, value]) => value !== undefined && !hidden.has(name)),
  )
  const { type } = details
  return {
    code,
    detail: error.message,
    ...(typeof type === 'string' && { type }),
    source: source(details),
    ...(Object.keys(meta).length > 0 && { meta }),
  }
}

/** Inputs of the graph are attributes here, and its arguments are parameters. */
function sourceOf({ field, argument, header }: Variables): Source | undefined {
  if (typeof header === 'string') return { header }
  if (typeof argument === 'string') return { parameter: parameters[argument] ?? argument }
  if (typeof field === 'string') return { pointer: `/data/attributes/${field}` }
  return undefined
}

const parameters: Readonly<Record<string, string>> = { after: 'page[after]', first: 'page[size]' }

/** When to come back, if the error says so. */
export const retryAfter = ({ meta }: Fault): Record<string, string> => {
  const seconds = meta?.['retryAfterSeconds']
  return typeof seconds === 'number' ? { 'retry-after': String(seconds) } : {}
}
