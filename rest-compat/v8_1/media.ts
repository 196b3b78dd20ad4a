import { mediaType, problem } from './problem.ts'

/**
 * Refuses what no JSON:API server may serve: JSON:API's media type only with parameters that we do not know.
 *
 * @param answers  the media type of the route
 * @throws Problem  NOT_ACCEPTABLE
 * @see https://jsonapi.org/format/1.1/#content-negotiation-servers
 */
export function checkAccept(accept: string, answers = mediaType): void {
  if (accept.trim() === '') return
  const ranges = accept.split(',').map(rangeOf)
  if (ranges.some(range => !range.isRefused && (isServed(range) || fits(range, answers)))) return
  throw problem('NOT_ACCEPTABLE', `Answers are ${answers}${answers === mediaType ? ', without extensions' : ''}`, {
    header: 'Accept',
  })
}

/**
 * @param takes  the media types of the route, where it does not take plain JSON:API
 * @throws Problem  UNSUPPORTED_MEDIA_TYPE
 */
export function checkContentType(contentType: string, takes?: readonly string[]): void {
  const given = rangeOf(contentType)
  const { type, parameters } = given
  const isPlain = type === mediaType ? onlyProfiles(parameters) : type === 'application/json'
  if (takes ? takes.some(taken => fits(given, taken)) : isPlain) return
  const expected = takes ? takes.join(' or ') : `${mediaType}, without extensions`
  throw problem('UNSUPPORTED_MEDIA_TYPE', `Send ${expected}`, { header: 'Content-Type' })
}

/** JSON:API's extension for several operations at once. @see https://jsonapi.org/ext/atomic/ */
export const atomicType = `${mediaType};ext="https://jsonapi.org/ext/atomic"`

type Range = { readonly type: string; readonly parameters: readonly string[]; readonly isRefused: boolean }

/** A media type with what is said of it, in small letters. */
export function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const isQuality = (parameter: string) => /^q\s*=/.test(parameter)
  return {
    type,
    parameters: parameters.filter(parameter => !isQuality(parameter)),
    isRefused: parameters.some(parameter => isQuality(parameter) && Number(parameter.split('=')[1]) === 0),
  }
}

/** Is it that media type, with its extensions? */
function fits({ type, parameters }: Range, wanted: string): boolean {
  const own = rangeOf(wanted)
  const of = (range: readonly string[]) => range.filter(parameter => !/^(profile|charset)\s*=/.test(parameter)).join()
  return type === own.type && of(parameters) === of(own.parameters)
}

const served = new Set(['*/*', 'application/*', 'application/json', 'application/problem+json'])

const isServed = ({ type, parameters }: Range) => (type === mediaType ? onlyProfiles(parameters) : served.has(type))

/** A profile changes nothing that a client must know, so one that we do not know is passed over. */
const onlyProfiles = (parameters: readonly string[]) => parameters.every(parameter => /^profile\s*=/.test(parameter))

/** Does the client only want to know whether the request would do? */
export const wantsRehearsal = (prefer: string) =>
  prefer.split(',').some(each => each.split(';')[0]?.trim().toLowerCase() === 'validate-only')
