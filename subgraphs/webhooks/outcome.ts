/** How an attempt can end. The set is closed: metrics, logs and filters know no other. */
export const outcomes = [
  'delivered',
  'http_4xx',
  'http_429',
  'http_5xx',
  'redirect',
  'gone',
  'timeout_connect',
  'timeout_wait',
  'dns',
  'refused',
  'reset',
  'tls',
  'policy_blocked',
  'template_error',
  'auth_error',
  'receiver_abort',
  'cancelled',
  'unknown_outcome',
  'our_fault',
] as const

export type Outcome = (typeof outcomes)[number]

/** The outcome of an answer by its status. */
export function outcomeOfStatus(status: number): Outcome {
  if (status >= 200 && status < 300) return 'delivered'
  if (status < 400) return 'redirect'
  if (status === 410) return 'gone'
  if (status === 429) return 'http_429'
  return status < 500 ? 'http_4xx' : 'http_5xx'
}
