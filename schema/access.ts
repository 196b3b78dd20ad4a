import { createHash } from 'node:crypto'
import { fieldOf, type Module } from './module.ts'

// SuiteCRM's model of what a user may do with records, as data and pure functions: a role gives each action of a module a
// level, the level says how far the action reaches, and our own rules on top say which fields a role may read or write.

/** SuiteCRM's actions in the order in which its APIs list them. `access` is the module as a whole. */
export const actions = ['access', 'delete', 'edit', 'export', 'import', 'list', 'massupdate', 'view'] as const

export type Action = (typeof actions)[number]

/** How far a right reaches, in SuiteCRM's words. */
export type AccessLevel = 'ALL' | 'GROUP' | 'OWNER' | 'NONE' | 'ENABLED' | 'DISABLED' | 'DEFAULT'

/** SuiteCRM's numbers. @see SuiteCRM 7.15.0 modules/ACLActions/actiondefs.php; 80 is of its security groups */
export const levelNumbers = {
  ALL: 90,
  ENABLED: 89,
  GROUP: 80,
  OWNER: 75,
  DEFAULT: 0,
  DISABLED: -98,
  NONE: -99,
} as const satisfies Record<AccessLevel, number>

/** From this level on, whoever has it administers the module (ADMIN 99, ADMIN_DEV 100); a developer (95) does not. */
const moduleAdminLevel = 99

export function levelOf(number: number | null): AccessLevel {
  if (number === null || number === 0) return 'DEFAULT'
  if (number >= 90) return 'ALL'
  if (number === -98) return 'DISABLED'
  if (number < 0) return 'NONE'
  if (number === 80) return 'GROUP'
  if (number === 75) return 'OWNER'
  return 'ENABLED'
}

export const defaultLevel = (action: string): AccessLevel => (action === 'access' ? 'ENABLED' : 'ALL')

/** The records that an action reaches. Each is part of the next: an owner counts as one of the group. */
export const reaches = ['none', 'owner', 'group', 'all'] as const

export type Reach = (typeof reaches)[number]

/** What a role lets be done with a field: nothing, not even see it; read it; read and write it. */
export const fieldRights = ['NONE', 'READ', 'WRITE'] as const

export type FieldRight = (typeof fieldRights)[number]

/** What roles say about one module; what they leave to the default is absent. */
type ModuleRules = {
  readonly levels: ReadonlyMap<string, number>
  readonly fields: ReadonlyMap<string, FieldRight>
}

/** What a principal may do with records. Nothing in it changes while a request runs. */
export type Access = {
  readonly userId: string
  /** May everything, whatever roles say: an administrator, and the house itself. */
  readonly isFull: boolean
  readonly modules: ReadonlyMap<string, ModuleRules>
  /** The same for two principals whose rights differ in nothing but who they are; empty without restrictions. */
  readonly shape: string
}

export const fullAccess: Access = { userId: '', isFull: true, modules: new Map(), shape: '' }

/** One thing that roles say: the level of an action, or the right to a field. Of several roles the most generous counts. */
export type Rule =
  | { readonly module: string; readonly action: string; readonly level: number }
  | { readonly module: string; readonly field: string; readonly right: FieldRight }

/** The access of a user who is no administrator. */
export function accessBy(userId: string, rules: readonly Rule[]): Access {
  const modules = new Map<string, { levels: Map<string, number>; fields: Map<string, FieldRight> }>()
  for (const rule of rules) {
    let known = modules.get(rule.module)
    if (!known) modules.set(rule.module, (known = { levels: new Map(), fields: new Map() }))
    if ('action' in rule) {
      known.levels.set(rule.action, Math.max(rule.level, known.levels.get(rule.action) ?? -Infinity))
    } else known.fields.set(rule.field, mostGenerous(rule.right, known.fields.get(rule.field)))
  }
  return { userId, isFull: false, modules, shape: shapeOf(modules) }
}

const mostGenerous = (a: FieldRight, b: FieldRight = 'NONE') =>
  fieldRights[Math.max(fieldRights.indexOf(a), fieldRights.indexOf(b))] ?? 'NONE'

function shapeOf(modules: Access['modules']): string {
  if (modules.size === 0) return ''
  const rules = [...modules]
    .map(([module, { levels, fields }]) => [module, [...levels].sort(byKey), [...fields].sort(byKey)] as const)
    .sort(byKey)
  return createHash('sha256').update(JSON.stringify(rules)).digest('base64url').slice(0, 22)
}

const byKey = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]) =>
  a < b ? -1 : a > b ? 1 : 0

// ---------------------------------------------------------------------------------------------------- modules

/**
 * Modules that SuiteCRM guards by no role.
 *
 * - `administrators`: only they see its records
 * - `held`: a user sees what they hold; only administrators change it
 * - `open`: everybody reads; only administrators write
 * - `part`: goes with a record of another module, which `column` names
 * - `shared`: belongs to records of several modules; who may see one of those may see it
 */
export type Guard =
  | { readonly kind: 'roles' | 'administrators' | 'held' | 'open' | 'shared' }
  | { readonly kind: 'part'; readonly of: string; readonly column: string }

const guards: Readonly<Record<string, Guard>> = {
  OAuth2Clients: { kind: 'administrators' },
  OAuth2Tokens: { kind: 'administrators' },
  ACLRoles: { kind: 'held' },
  Currencies: { kind: 'open' },
  DocumentRevisions: { kind: 'part', of: 'Documents', column: 'document_id' },
  CampaignLog: { kind: 'part', of: 'Campaigns', column: 'campaign_id' },
  CampaignTrackers: { kind: 'part', of: 'Campaigns', column: 'campaign_id' },
  EmailAddresses: { kind: 'shared' },
}

const byRoles: Guard = { kind: 'roles' }

export const guardOf = (module: string): Guard => (Object.hasOwn(guards, module) && guards[module]) || byRoles

/** The level that counts for an action, from the roles or by default. */
export function levelFor(access: Access, module: string, action: Action): AccessLevel {
  if (access.isFull) return defaultLevel(action)
  const rules = access.modules.get(module)
  if (!rules || administersModule(rules)) return defaultLevel(action)
  const level = levelOf(rules.levels.get(action) ?? null)
  return level === 'DEFAULT' ? defaultLevel(action) : level
}

const administersModule = ({ levels }: ModuleRules) =>
  Math.max(levels.get('admin') ?? 0, levels.get('access') ?? 0) >= moduleAdminLevel

/** Is the module open to the principal at all? */
export const isOpen = (access: Access, module: string): boolean =>
  !['DISABLED', 'NONE', 'OWNER', 'GROUP'].includes(levelFor(access, module, 'access'))

/**
 * How far an action reaches among the records of a module. A list answers whole records, where SuiteCRM's own list shows a
 * few columns, so it reaches no further than `view`.
 */
export function reachOf(access: Access, module: string, action: Exclude<Action, 'access'>): Reach {
  if (access.isFull) return 'all'
  const guard = guardOf(module)
  const reads = action === 'view' || action === 'list'
  switch (guard.kind) {
    case 'administrators':
      return 'none'
    case 'held':
      return reads ? 'owner' : 'none'
    case 'open':
      return reads ? 'all' : 'none'
    case 'part':
      return reachOf(access, guard.of, action)
    case 'shared':
      return 'all'
    case 'roles':
      if (!isOpen(access, module)) return 'none'
      return action === 'list'
        ? least(reachBy(access, module, 'list'), reachBy(access, module, 'view'))
        : reachBy(access, module, action)
  }
}

const reachBy = (access: Access, module: string, action: Action): Reach => {
  const level = levelFor(access, module, action)
  return level === 'ALL' ? 'all' : level === 'GROUP' ? 'group' : level === 'OWNER' ? 'owner' : 'none'
}

const least = (a: Reach, b: Reach): Reach => reaches[Math.min(reaches.indexOf(a), reaches.indexOf(b))] ?? 'none'

// ---------------------------------------------------------------------------------------------------- fields

/** What the principal may do with a field. */
export function fieldRightOf(access: Access, module: string, field: string): FieldRight {
  const rules = access.modules.get(module)
  if (!rules || administersModule(rules)) return 'WRITE'
  return rules.fields.get(field) ?? 'WRITE'
}

/** The fields of a module that the principal may not see. */
export const hiddenFields = (access: Access, module: Module) =>
  fieldsWith(access, module, 'NONE').flatMap(name => (name === 'email1' ? addressFields : [name]))

/** Who may not see a record's e-mail address may not follow the links to it either. */
const addressFields = ['email1', 'email_addresses', 'email_addresses_primary']

/** The fields of a module that the principal may see, but not write. */
export const readOnlyFields = (access: Access, module: Module) => fieldsWith(access, module, 'READ')

function fieldsWith(access: Access, module: Module, wanted: FieldRight): readonly string[] {
  const rules = access.modules.get(module.name)
  if (!rules || rules.fields.size === 0 || administersModule(rules)) return []
  return [...rules.fields].filter(([, right]) => right === wanted).map(([name]) => name)
}

/** Can a rule be made for the field or link? Not for what the house itself needs. */
export const canBeRuled = (module: Module, name: string) =>
  fieldOf(module, name) !== undefined && name !== 'id' && name !== 'deleted'

/** Their records decide who may do what, so only administrators write them, whatever roles say. */
export const administeredModules: ReadonlySet<string> = new Set(['Users', 'ACLRoles', 'SecurityGroups'])
