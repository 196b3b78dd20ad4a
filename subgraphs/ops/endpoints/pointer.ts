/**
 * The part of a value that a JSON Pointer leads to; null where there is none, as GraphQL has it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export function pointedAt(value: unknown, pointer: string): unknown {
  let part = value
  for (const token of tokensOf(pointer)) {
    if (Array.isArray(part)) part = /^(0|[1-9]\d{0,8})$/.test(token) ? (part[Number(token)] as unknown) : undefined
    else if (typeof part === 'object' && part !== null && Object.hasOwn(part, token))
      part = (part as Readonly<Record<string, unknown>>)[token]
    else return null
  }
  return part ?? null
}

export const tokensOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
