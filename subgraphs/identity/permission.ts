import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'

/** @throws FORBIDDEN  the principal is no administrator */
export function requireAdmin({ principal }: Context) {
  if (!principal.isAdmin) throw new HouseError('FORBIDDEN', 'Only administrators may do this')
}

/** @throws FORBIDDEN  the principal is neither that user nor an administrator */
export function requireSelfOrAdmin({ principal }: Context, userId: string) {
  if (!principal.isAdmin && principal.userId !== userId) {
    throw new HouseError('FORBIDDEN', 'Only the user and administrators may see this')
  }
}
