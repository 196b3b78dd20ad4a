import type { Config } from './config.ts'

/**
 * The address that clients know this house by, which its tokens name.
 *
 * @param port  where it listens, if PORT leaves that open
 */
export const issuerOf = ({ publicUrl, host, port: wanted }: Config, port = wanted) =>
  publicUrl ?? `http://${urlHost(host)}:${port}`

/** As it stands in a URL: a listener on all addresses is reached on this machine's own. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
