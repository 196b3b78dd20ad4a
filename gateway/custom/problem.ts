import type { FastifyRequest } from 'fastify'
import type { Answer } from '../../rest-compat/v8/answer.ts'
import { problemOf, statusOf, type Problem } from '../../rest-compat/v8_1/problem.ts'
import { scopeChallenge } from '../../schema/insufficient-scope.ts'

/**
 * A refusal as RFC 9457 has it. What is wrong in several places is told in `errors`, the first of them also in the problem
 * itself.
 */
export function problemAnswer(
  faults: Problem['faults'],
  headers: Readonly<Record<string, string>>,
  { id, headers: { accept = '' } }: Pick<FastifyRequest, 'id' | 'headers'>,
): Answer {
  const [first] = faults
  const challenge = scopeChallenge(first.meta ?? {})
  const errors = faults.map(({ code, detail, source }) => ({ code, detail, ...(source && { source }) }))
  const problem = { ...problemOf(first, { requestId: id, accept }), ...(faults.length > 1 && { errors }) }
  return {
    status: statusOf(first.code),
    headers: {
      'cache-control': 'no-store',
      ...(challenge && { 'www-authenticate': challenge }),
      ...headers,
      'content-type': 'application/problem+json',
    },
    body: JSON.stringify(problem),
  }
}
