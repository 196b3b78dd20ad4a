// Which types of events an endpoint wants.

/** What the platform itself tells about endpoints. These are had by who names them only, not by `*`. */
export const operational = 'webhooks.'

/**
 * The test of what an endpoint wants: `Accounts.updated`, `Accounts.*`, `*.deleted`, `*`, `webhooks.endpoint.*`.
 */
export function wantsType(patterns: readonly string[]): (type: string) => boolean {
  const exact = new Set(patterns)
  const families = patterns.filter(each => each.endsWith('.*')).map(each => each.slice(0, -1))
  return type => {
    if (exact.has(type) || families.some(family => type.startsWith(family))) return true
    if (type.startsWith(operational)) return false
    return exact.has('*') || exact.has('*.*') || exact.has(`*.${type.slice(type.lastIndexOf('.') + 1)}`)
  }
}
