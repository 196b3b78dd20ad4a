import { registerEnumType } from 'type-graphql'
import type { AccessLevel } from '../../schema/access.ts'

/** The levels as an enumeration of GraphQL. */
export const AccessLevels = {
  ALL: 'ALL',
  GROUP: 'GROUP',
  OWNER: 'OWNER',
  NONE: 'NONE',
  ENABLED: 'ENABLED',
  DISABLED: 'DISABLED',
  DEFAULT: 'DEFAULT',
} as const satisfies { [Level in AccessLevel]: Level }

registerEnumType(AccessLevels, {
  name: 'AccessLevel',
  description:
    'How far a right reaches: ALL records, those of the own groups (GROUP), the own ones (OWNER) or NONE. ' +
    'A module as a whole is ENABLED or DISABLED. DEFAULT: nothing is set.',
})
