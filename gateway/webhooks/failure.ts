import type { Outcome } from '../../subgraphs/webhooks/outcome.ts'

/** Where a request was when it failed. */
export type Stage = 'connecting' | 'waiting' | 'reading'

/** Why the sender itself ended a request. */
export class Ended extends Error {
  override readonly name = 'Ended'

  constructor(readonly why: 'deadline' | 'cap' | 'closing') {
    super(why)
  }
}

const byCode: Readonly<Record<string, Outcome>> = {
  EFORBIDDENADDRESS: 'policy_blocked',
  UND_ERR_CONNECT_TIMEOUT: 'timeout_connect',
  ETIMEDOUT: 'timeout_connect',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  ESERVFAIL: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'receiver_abort',
}

/** The outcome of a request that has no answer. */
export function outcomeOfFailure(error: Error, stage: Stage): Outcome {
  if (error instanceof Ended) {
    if (error.why === 'closing') return 'unknown_outcome'
    return stage === 'connecting' ? 'timeout_connect' : 'timeout_wait'
  }
  const code = 'code' in error ? String(error.code) : ''
  const known = byCode[code]
  if (known) return known
  if (/^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/.test(code)) return 'tls'
  return /^(UND_ERR_INVALID|ERR_INVALID)/.test(code) ? 'our_fault' : 'receiver_abort'
}
