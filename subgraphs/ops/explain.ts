import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { covers } from '../../schema/scopes.ts'
import { denialsOf, type DenialRow } from './denials.ts'
import { factsOf, type Facts } from './facts.ts'
import { smallestGrant } from './grant.ts'

/** One rule of the chain. `passed` is absent where the rule does not matter or was not come to. */
export type Step = { readonly rule: string; readonly passed?: boolean; readonly says: string }

/** Why a request was not given something, by the rules as they are today. */
export type Explanation = DenialRow & { readonly steps: readonly Step[]; readonly smallestGrant: readonly string[] }

/**
 * Why a request was refused something, or found nothing: the rules in their order, and what would have to be granted.
 *
 * @returns nothing for a request that was given all, or that is more than a week old
 * @throws FORBIDDEN  the principal is no administrator
 */
export async function explainDenial(ctx: Context, requestId: string): Promise<readonly Explanation[]> {
  if (!ctx.principal.isAdmin) throw new HouseError('FORBIDDEN', 'Only administrators may do this')
  const rows = await denialsOf(ctx, requestId)
  return Promise.all(rows.map(row => explained(ctx, row)))
}

async function explained(ctx: Context, row: DenialRow): Promise<Explanation> {
  const came = [caller(row), scopesOfRequest(row), ...scopesAllowed(row)]
  if (row.kind === 'scope') return { ...row, steps: came, smallestGrant: scopeGrant(row) }
  const module = row.module === null ? undefined : ctx.catalog.byName.get(row.module)
  if (row.kind === 'administrators' || !module) {
    const says = `${nameOf(row)} is ${row.isAdmin ? 'an' : 'no'} administrator, and this is for administrators, or for whom it concerns.`
    const steps = [...came, { rule: 'administrator', passed: row.isAdmin, says }]
    return { ...row, steps, smallestGrant: row.isAdmin ? [] : [`${nameOf(row)} is made an administrator`] }
  }
  const facts = await factsOf(ctx, row, module)
  return { ...row, steps: [...came, ...recordSteps(facts)], smallestGrant: smallestGrant(facts) }
}

const nameOf = ({ userName, userId }: DenialRow) => userName ?? userId

const throughOf = ({ keyName, keyId, clientName, clientId }: DenialRow) =>
  keyId !== null
    ? `the API key ${keyName ?? keyId}`
    : clientId !== null
      ? `the API client ${clientName ?? clientId}`
      : 'a session of the legacy API'

function caller(row: DenialRow): Step {
  const came = `The request came as ${nameOf(row)} through ${throughOf(row)}, and was let in.`
  const since =
    row.userName === null ? ' The user was deleted since.' : row.isActive ? '' : ' The user is not active now.'
  return { rule: 'token', passed: row.isActive, says: `${came}${since}` }
}

function scopesOfRequest({ scopes, missingScope, kind }: DenialRow): Step {
  const had = scopes === null ? 'It was not narrowed to scopes.' : `It had ${listed(scopes)}.`
  const lacked = kind === 'scope' ? ` It lacked ${listed((missingScope ?? '').split(' '))}.` : ''
  return { rule: 'scopes of the token', passed: kind !== 'scope', says: `${had}${lacked}` }
}

/** What the client or key may have at the most; a session has no such bounds. */
function scopesAllowed(row: DenialRow): readonly Step[] {
  if (row.clientId === null && row.keyId === null) return []
  const missing = notAllowed(row)
  const most = row.allowedScopes === null ? 'every scope' : listed(row.allowedScopes)
  const through = throughOf(row)
  return [
    {
      rule: 'scopes of the client',
      passed: missing.length === 0,
      says: `${through[0]?.toUpperCase() ?? ''}${through.slice(1)} may have ${most}.`,
    },
  ]
}

const missingScopes = ({ missingScope }: DenialRow) => (missingScope ?? '').split(' ').filter(Boolean)

const notAllowed = (row: DenialRow) => missingScopes(row).filter(scope => !covers(row.allowedScopes ?? 'all', scope))

function scopeGrant(row: DenialRow): readonly string[] {
  const toClient = notAllowed(row).map(scope => `the scope ${scope} for ${throughOf(row)}`)
  const toToken =
    row.keyId === null ? missingScopes(row).map(scope => `a token that is granted the scope ${scope}`) : []
  // A token without scopes of its own follows its client.
  return toClient.length > 0 ? toClient : toToken
}

const listed = (scopes: readonly string[]) => (scopes.length > 0 ? `the scopes ${scopes.join(', ')}` : 'no scopes')

function recordSteps(facts: Facts): readonly Step[] {
  const { user, module, isAdmin, isOpen, demands, standing, field, recordId } = facts
  if (isAdmin) {
    const says = `${user} is an administrator, whom no role and no group keeps from records.`
    return [{ rule: 'administrator', passed: true, says }, ...recordStep(facts)]
  }
  const matters = (level: 'owner' | 'group') =>
    demands.some(({ reach }) => reach === level || (level === 'owner' && reach === 'group'))
  return [
    { rule: 'module', passed: isOpen, says: `${facts.ruledBy} is ${isOpen ? 'open' : 'closed'} to ${user}.` },
    ...demands.map(({ action, level, reach, by }) => ({
      rule: `level of ${action}`,
      passed: reach !== 'none',
      says: `${action} of ${facts.ruledBy} is ${level}, by ${by.length > 0 ? `the role ${by.join(', ')}` : 'default'}; it reaches ${reachWords[reach]}.`,
    })),
    ...(standing
      ? [
          {
            rule: 'owner',
            ...(matters('owner') && { passed: standing.isOwner }),
            says: `The record ${standing.isOwner ? 'belongs' : 'does not belong'} to ${user}.`,
          },
          {
            rule: 'groups',
            ...(matters('group') && { passed: standing.isInGroup }),
            says: `The record is in ${facts.groups.length > 0 ? `the security groups ${facts.groups.join(', ')}` : 'no security group'}; ${user} ${standing.isInGroup ? 'reaches it so' : 'is in none of them'}.`,
          },
        ]
      : []),
    ...(field
      ? [
          {
            rule: 'field',
            passed: field.right === 'WRITE',
            says: `The right to the field ${field.name} of ${module} is ${field.right}.`,
          },
        ]
      : []),
    ...(recordId === undefined ? [] : recordStep(facts)),
  ]
}

const reachWords = {
  none: 'no record',
  owner: 'own records',
  group: 'records of own groups',
  all: 'all records',
} as const

function recordStep({ module, recordId, standing }: Facts): readonly Step[] {
  if (recordId === undefined) return []
  const is = !standing ? 'does not exist' : standing.isDeleted ? 'is deleted' : 'exists'
  return [{ rule: 'record', passed: standing?.isDeleted === false, says: `${module} ${recordId} ${is}.` }]
}
