import net from 'node:net'

/**
 * Keeps tests on this machine: a connection to anywhere else fails and says so, whoever makes it. So a library that phones home, or a test that
 * needs the internet, does not stay unnoticed. The servers of TEST_DATABASE_URL and TEST_MYSQL_URL may be elsewhere.
 */
const allowed = new Set(
  [process.env.TEST_DATABASE_URL, process.env.TEST_MYSQL_URL].flatMap(url =>
    url && URL.canParse(url) ? [new URL(url).hostname] : [],
  ),
)

const isHere = (host: string) => /^(localhost|127(\.\d+){3}|::1|::ffff:127(\.\d+){3})$/.test(host) || allowed.has(host)

// Every TCP connection of Node goes through here, with one of three forms of arguments.
const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (this: net.Socket, ...given: unknown[]) {
  const [first, second] = Array.isArray(given[0]) ? (given[0] as unknown[]) : given
  const host = typeof first === 'object' && first ? (first as { host?: string }).host : second
  if (typeof host === 'string' && !isHere(host)) {
    queueMicrotask(() => this.destroy(new Error(`Tests stay on this machine: a connection to ${host} was refused`)))
    return this
  }
  return Reflect.apply(connect, this, given) as net.Socket
}
