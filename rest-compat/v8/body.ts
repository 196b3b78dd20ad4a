import { isArray, parseJson, parseQuery, setByName, type PhpArray } from './php-array.ts'

/**
 * The parsed body of a request, or nothing when its media type is not understood, it is empty or it is broken: SuiteCRM
 * does not tell these apart.
 *
 * Any `+json` type is JSON; multipart bodies are only read by POST, as in PHP.
 */
export function parseBody(method: string, contentType: string, body: Buffer): PhpArray | undefined {
  if (body.length === 0) return undefined
  const [type = ''] = contentType.toLowerCase().split(';')
  const mediaType = type.trim()
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return jsonBody(body)
  if (mediaType === 'application/x-www-form-urlencoded') return parseQuery(body.toString('utf8'))
  if (mediaType === 'multipart/form-data' && method === 'POST') return multipartBody(contentType, body)
  return undefined
}

function jsonBody(body: Buffer): PhpArray | undefined {
  const text = decoded(body)
  const value = text === undefined ? undefined : parseJson(text)
  return isArray(value) ? value : undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @returns undefined for bytes that are no UTF-8, which PHP's json_decode() refuses too */
function decoded(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** The fields of a multipart form; files are left out. */
function multipartBody(contentType: string, body: Buffer): PhpArray | undefined {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const mark = boundary?.[1] ?? boundary?.[2]
  if (mark === undefined) return undefined
  const fields: PhpArray = new Map()
  for (const part of body.toString('latin1').split(`--${mark}`).slice(1)) {
    if (part.startsWith('--')) break
    const end = part.indexOf('\r\n\r\n')
    const head = part.slice(0, end)
    const name = /\bname="([^"]*)"/i.exec(head)?.[1]
    if (end < 0 || name === undefined || /\bfilename="/i.test(head)) continue
    setByName(fields, utf8Of(name), utf8Of(part.slice(end + 4).replace(/\r\n$/, '')))
  }
  return fields
}

const utf8Of = (latin1: string) => Buffer.from(latin1, 'latin1').toString('utf8')
