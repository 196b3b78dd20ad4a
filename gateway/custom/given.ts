import { Problem, problem, type Fault, type Source } from '../../rest-compat/v8_1/problem.ts'
import type { Principal } from '../../schema/principal.ts'
import type { Given } from '../../subgraphs/ops/endpoints/bind.ts'
import type { Declaration, DeclarationFault } from '../../subgraphs/ops/endpoints/declaration.ts'
import { faultsOf, propertiesOf, querySchemaOf, validatorsOf } from '../../subgraphs/ops/endpoints/validators.ts'
import { parseJsonBody } from '../json-body.ts'

/** A request as it came. */
export type Sent = {
  readonly path: Readonly<Record<string, string>>
  readonly rawQuery: string
  readonly contentType: string | undefined
  readonly body: Buffer
}

const faultsMax = 20

/**
 * What a request gives, checked by the schemas of its endpoint and completed by their defaults.
 *
 * @throws Problem  with every fault that was found, at most twenty
 */
export function readGiven(declaration: Declaration, sent: Sent, { userId, userName }: Principal): Given {
  const validators = validatorsOf(declaration)
  const path: Record<string, unknown> = { ...sent.path }
  const query = readQuery(declaration, sent.rawQuery)
  const body = readBody(declaration, sent)
  const faults = [
    ...(validators.path && !validators.path(path) ? faultsOf(validators.path, '').map(inAddress) : []),
    ...(validators.query && !validators.query(query) ? faultsOf(validators.query, '').map(inAddress) : []),
    ...(validators.body && !validators.body(body) ? faultsOf(validators.body, '').map(inBody) : []),
  ]
  const [first, ...rest] = faults.slice(0, faultsMax)
  if (first) throw new Problem([first, ...rest])
  return { path, query, body, caller: { userId, userName } }
}

/** A parameter that comes more than once is a list; one that takes a list may come once. */
function readQuery(declaration: Declaration, rawQuery: string): Record<string, unknown> {
  const parameters = new URLSearchParams(rawQuery)
  const known = propertiesOf(querySchemaOf(declaration))
  return Object.fromEntries(
    [...new Set(parameters.keys())].map(name => {
      const values = parameters.getAll(name)
      const isList = Object.hasOwn(known, name) && known[name]?.type === 'array'
      return [name, values.length > 1 || isList ? values : values[0]]
    }),
  )
}

function readBody({ input }: Declaration, { body, contentType = '' }: Sent): unknown {
  if (!input.body) {
    if (body.length === 0 || /^\s*\{\s*\}\s*$/.test(body.subarray(0, 100).toString())) return undefined
    throw problem('BAD_REQUEST', 'This endpoint takes no body', { pointer: '' })
  }
  if (body.length === 0)
    throw problem('BAD_REQUEST', 'This endpoint takes a JSON body, and there is none', { pointer: '' })
  if (!/^application\/([\w.-]+\+)?json\b/i.test(contentType))
    throw problem('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json', { header: 'Content-Type' })
  return parseJsonBody(body)
}

const inAddress = ({ pointer, message }: DeclarationFault): Fault => {
  const name = pointer.slice(1)
  return fault('BAD_REQUEST', `The parameter ${name} ${message}`, { parameter: name })
}

const inBody = ({ pointer, message }: DeclarationFault): Fault =>
  fault('INVALID', `${pointer || 'The body'} ${message}`, { pointer })

const fault = (code: 'BAD_REQUEST' | 'INVALID', detail: string, source: Source): Fault => ({ code, detail, source })
