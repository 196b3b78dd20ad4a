import { administeredModules, reaches, type Reach } from '../../schema/access.ts'
import type { Facts } from './facts.ts'

/**
 * The smallest change of rights after which the request would be answered; several sentences belong together. Empty when
 * no right would help, or none is missing any more.
 *
 * Smaller means fewer records: OWNER reaches less than membership in a group of the record, that less than ALL.
 */
export function smallestGrant(facts: Facts): readonly string[] {
  const { user, module, action, guard, standing, recordId, field, isAdmin } = facts
  const isGone = recordId !== undefined && (!standing || standing.isDeleted)
  if (isGone || isAdmin) return []
  const writes = action === 'edit' || action === 'delete'
  if (guard === 'administrators' || (writes && (guard !== 'roles' || administeredModules.has(module)))) {
    const isOwnUser = module === 'Users' && standing?.isOwner === true && action === 'edit'
    return guard === 'shared' || guard === 'part' || isOwnUser ? byLevels(facts) : [`${user} is made an administrator`]
  }
  if (guard === 'held') return standing?.isReached ? [] : [`the role is given to ${user}`]
  if (guard === 'shared') return standing?.isReached ? [] : [`${user} may see a record that has this e-mail address`]
  const right = writes ? 'WRITE' : 'READ'
  const isFieldDenied = field && (field.right === 'NONE' || (writes && field.right === 'READ'))
  return [
    ...byLevels(facts),
    ...(isFieldDenied ? [`the right ${right} to the field ${field.name} of ${module}, ${byRole(facts)}`] : []),
  ]
}

function byLevels(facts: Facts): readonly string[] {
  const { user, ruledBy, isOpen, standing, groups } = facts
  if (standing?.isReached) return []
  const opened = isOpen ? [] : [`the level access=ENABLED of ${ruledBy}, ${byRole(facts)}`]
  if (standing?.isOwner !== false) return [...opened, ...raised(facts, 'owner')]
  if (standing.isInGroup) return [...opened, ...raised(facts, 'group')]
  const reachesAll = facts.demands.every(({ reach }) => reach === 'all')
  if (groups.length === 0 || reachesAll) return [...opened, ...raised(facts, 'all')]
  return [...opened, ...raised(facts, 'group'), `the membership of ${user} in the security group ${either(groups)}`]
}

/** The levels that do not reach so far yet. */
const raised = ({ demands, ruledBy, ...facts }: Facts, reach: Exclude<Reach, 'none'>) =>
  demands
    .filter(demand => reaches.indexOf(demand.reach) < reaches.indexOf(reach))
    .map(({ action }) => `the level ${action}=${reach.toUpperCase()} of ${ruledBy}, ${byRole(facts)}`)

const byRole = ({ roles, user }: Pick<Facts, 'roles' | 'user'>) =>
  roles.length > 0 ? `by the role ${either(roles)}` : `by a role given to ${user}`

const either = (names: readonly string[]) => names.join(' or ')
