import { corsHeaders as ofSuiteCrm } from '../v8/answer.ts'

/** What pages of other origins may send and see. */
export const corsHeaders: Readonly<Record<string, string>> = {
  ...ofSuiteCrm,
  'access-control-allow-headers':
    'Authorization, Content-Type, API-Version, If-Match, Idempotency-Key, Prefer, X-Requested-With',
  'access-control-expose-headers':
    'API-Version, ETag, Idempotent-Replayed, Idempotency-Retention, Location, Preference-Applied, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Request-Id, Deprecation, Sunset, Link',
}
