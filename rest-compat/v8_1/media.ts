import { mediaType, problem } from './problem.ts'

/**
 * Refuses what no JSON:API server may serve: JSON:API's media type only with parameters that we do not know.
 *
 * @throws Problem  NOT_ACCEPTABLE
 * @see https://jsonapi.org/format/1.1/#content-negotiation-servers
 */
export function checkAccept(accept: string): void {
  if (accept.trim() === '') return
  const ranges = accept.split(',').map(rangeOf)
  if (ranges.some(({ type, parameters, isRefused }) => !isRefused && isServed(type, parameters))) return
  throw problem('NOT_ACCEPTABLE', `Answers are ${mediaType}, without extensions`, { header: 'Accept' })
}

/** @throws Problem  UNSUPPORTED_MEDIA_TYPE */
export function checkContentType(contentType: string): void {
  const { type, parameters } = rangeOf(contentType)
  const isKnown = type === mediaType ? onlyProfiles(parameters) : type === 'application/json'
  if (isKnown) return
  throw problem('UNSUPPORTED_MEDIA_TYPE', `Send ${mediaType}, without extensions`, { header: 'Content-Type' })
}

type Range = { readonly type: string; readonly parameters: readonly string[]; readonly isRefused: boolean }

function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const isQuality = (parameter: string) => /^q\s*=/.test(parameter)
  return {
    type,
    parameters: parameters.filter(parameter => !isQuality(parameter)),
    isRefused: parameters.some(parameter => isQuality(parameter) && Number(parameter.split('=')[1]) === 0),
  }
}

const served = new Set(['*/*', 'application/*', 'application/json', 'application/problem+json'])

const isServed = (type: string, parameters: readonly string[]) =>
  type === mediaType ? onlyProfiles(parameters) : served.has(type)

/** A profile changes nothing that a client must know, so one that we do not know is passed over. */
const onlyProfiles = (parameters: readonly string[]) => parameters.every(parameter => /^profile\s*=/.test(parameter))

/** Does the client only want to know whether the request would do? */
export const wantsRehearsal = (prefer: string) =>
  prefer.split(',').some(each => each.split(';')[0]?.trim().toLowerCase() === 'validate-only')
