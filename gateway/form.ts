/** Parameters by name; of several with one name the last counts, as in PHP. */
type Parameters = ReadonlyMap<string, string>

const nothing: Parameters = new Map()
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The parameters of a query string. */
export function readQuery(url: string): Parameters {
  const at = url.indexOf('?')
  return at < 0 ? nothing : decoded(url.slice(at + 1))
}

/** The texts of an urlencoded or multipart body; other bodies hold none. */
export async function readForm(body: unknown, contentType: string): Promise<Parameters> {
  if (!Buffer.isBuffer(body) || body.length === 0) return nothing
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase()
  if (mediaType === 'application/x-www-form-urlencoded') return decoded(body.toString('latin1'))
  if (mediaType === 'multipart/form-data') return multipart(body, contentType)
  return nothing
}

/**
 * A value that is not UTF-8 is left empty: a lenient decoder would put other text in its place, and it would be stored.
 *
 * @param text  with one character for each byte
 */
function decoded(text: string): Parameters {
  const parameters = new Map<string, string>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const [name, value] = cut(pair)
    parameters.set(textOf(name), textOf(value))
  }
  return parameters
}

function textOf(encoded: string): string {
  const spaced = encoded.replaceAll('+', ' ')
  try {
    // Fast, and strict about UTF-8; but knows neither bytes that nobody encoded nor a lonely percent sign.
    if (isAscii(spaced)) return decodeURIComponent(spaced)
  } catch {
    // PHP leaves a lonely percent sign as it is.
  }
  const bytes = spaced.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return ''
  }
}

const isAscii = (text: string) => /^[\x00-\x7f]*$/.test(text)

function cut(pair: string): [name: string, value: string] {
  const at = pair.indexOf('=')
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
}

async function multipart(body: Buffer, contentType: string): Promise<Parameters> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData()
    return new Map([...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
  } catch {
    return nothing
  }
}
