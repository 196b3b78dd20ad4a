/** All that SuiteCRM knows in a token request; whatever else is sent is not there. */
const names = [
  'grant_type',
  'client_id',
  'client_secret',
  'username',
  'password',
  'refresh_token',
  'code',
  'code_verifier',
  'redirect_uri',
  'scope',
] as const

export type TokenParams = Readonly<Record<string, string>>

/**
 * Reads a token request as PHP and Slim do: form, multipart and every kind of JSON body; the last of several values
 * counts; what is no scalar is not there. A body that cannot be read has no parameters. HTTP Basic fills in what the
 * body does not say.
 */
export async function readTokenRequest(
  body: unknown,
  headers: { 'content-type'?: string | undefined; authorization?: string | undefined },
): Promise<TokenParams> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
  const sent = {
    ...basicCredentials(headers.authorization),
    ...(await bodyParams(bytes, headers['content-type'] ?? '')),
  }
  return Object.fromEntries(names.flatMap(name => (sent[name] === undefined ? [] : [[name, sent[name]]])))
}

async function bodyParams(body: Buffer, contentType: string): Promise<TokenParams> {
  const mediaType = (contentType.split(';')[0] ?? '').trim().toLowerCase()
  if (mediaType === 'application/x-www-form-urlencoded') return textsOf(new URLSearchParams(body.toString('utf8')))
  if (mediaType === 'multipart/form-data') return multipartParams(body, contentType)
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return jsonParams(body.toString('utf8'))
  return {}
}

async function multipartParams(body: Buffer, contentType: string) {
  try {
    return textsOf(await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData())
  } catch {
    return {}
  }
}

function jsonParams(text: string) {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? textsOf(Object.entries(value)) : {}
  } catch {
    return {}
  }
}

function textsOf(entries: Iterable<[string, unknown]>): TokenParams {
  const texts = new Map<string, string>()
  for (const [name, value] of entries) {
    if (typeof value === 'string') texts.set(name, value)
    else if (typeof value === 'number') texts.set(name, String(value))
    else if (typeof value === 'boolean') texts.set(name, value ? '1' : '')
  }
  return Object.fromEntries(texts)
}

/** RFC 7617. Unlike RFC 6749 demands, SuiteCRM's clients do not percent-encode id and secret. */
function basicCredentials(header = ''): TokenParams {
  const encoded = /^basic\s+(\S+)\s*$/i.exec(header)?.[1]
  if (!encoded) return {}
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? {} : { client_id: text.slice(0, colon), client_secret: text.slice(colon + 1) }
}
