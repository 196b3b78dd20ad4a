/**
 * The published scopes: what a client may be allowed to do at all, before roles, owners and groups say with which records.
 *
 * A scope is `resource:action`, both of this table, or `resource:*`. Scopes of records may be narrowed to one module:
 * `records:read:Accounts`, `records:*:Accounts`.
 *
 * As at GitHub and Shopify, `write` includes `read`: who changes a record is answered with the record. `delete` includes
 * nothing, and nothing but `*` includes it. `admin` includes no other resource, and makes nobody an administrator: it is
 * what a client needs to do an administrator's work on behalf of one.
 */
// prettier-ignore
const resources = {
  records: {
    read: 'See records', write: 'See, create, change and relate records', delete: 'Delete records',
    '*': 'See, create, change, relate and delete records',
  },
  metadata:    { read: 'See modules, fields and lists', write: 'See and change modules, fields and lists' },
  webhooks:    { read: 'See webhook endpoints and deliveries', write: 'See and manage webhook endpoints and deliveries' },
  connections: { read: 'See connections to other services', write: 'See and manage connections to other services' },
  mail:        { read: 'See mail accounts and messages', write: 'See messages, send them and manage mail accounts' },
  logs:        { read: 'See the log of API requests' },
  admin:       { read: 'See API clients, keys and tokens', write: 'Manage users, roles, API clients, keys and tokens' },
} as const satisfies Record<string, Partial<Record<Action | '*', string>>>

type Action = 'read' | 'write' | 'delete'
type Resource = keyof typeof resources

/** A scope taken apart. Without a module it is about all of them. */
type Parts = { readonly resource: Resource; readonly action: Action | '*'; readonly module?: string }

/** What a token, client or key may do: these scopes, or everything that its user may. */
export type Granted = 'all' | readonly string[]

/** A scope of the table and what it allows, in words for the person who is asked to consent. */
export type PublishedScope = { readonly scope: string; readonly words: string; readonly narrowable: boolean }

/** Every scope that can be asked for, those narrowed to a module left out. */
export const publishedScopes: readonly PublishedScope[] = Object.keys(resources)
  .filter(isResource)
  .flatMap(resource =>
    actionsOf(resource).map(action => ({
      scope: `${resource}:${action}`,
      words: wordsOf({ resource, action }),
      narrowable: resource === 'records',
    })),
  )

/**
 * Reads the `scope` of a request: names between blanks, each once, in the order given.
 *
 * @param isModule  whether a scope may be narrowed to that module; left out, any name will do
 * @returns `unknown` names what is no scope; a server answers `invalid_scope` to it
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3
 */
export function parseScopes(
  text: string,
  isModule: (name: string) => boolean = () => true,
): { readonly scopes: readonly string[]; readonly unknown: readonly string[] } {
  const names = [...new Set(text.split(' ').filter(Boolean))]
  return {
    scopes: names.filter(name => isScope(name, isModule)),
    unknown: names.filter(name => !isScope(name, isModule)),
  }
}

export function isScope(name: string, isModule: (name: string) => boolean = () => true): boolean {
  const parts = partsOf(name)
  return parts !== undefined && (parts.module === undefined || isModule(parts.module))
}

/** What a scope allows, in words; a name that is no scope is its own description. */
export function wordsForScope(name: string): string {
  const parts = partsOf(name)
  return parts ? wordsOf(parts) : name
}

/** Does what was granted include what is needed? What is no scope grants nothing. */
export function covers(granted: Granted, needed: string): boolean {
  if (granted === 'all') return true
  const wanted = partsOf(needed)
  if (!wanted) return false
  return granted.some(name => {
    const parts = partsOf(name)
    return parts !== undefined && includes(parts, wanted)
  })
}

/** What two grants have in common, such as a token's and its client's. */
export function intersect(one: Granted, other: Granted): Granted {
  if (one === 'all') return other
  if (other === 'all') return one
  const common = one.flatMap(name => other.flatMap(another => meet(name, another)))
  const once = [...new Set(common)]
  return once.filter(name => !once.some(wider => wider !== name && covers([wider], name)))
}

const scopePattern = /^([a-z]+):([a-z]+|\*)(?::([A-Za-z]\w{0,63}))?$/

function partsOf(name: string): Parts | undefined {
  const [, resource = '', action = '', module] = scopePattern.exec(name) ?? []
  if (!isResource(resource) || (module !== undefined && resource !== 'records')) return undefined
  const known = actionsOf(resource).find(each => each === action)
  return known && { resource, action: known, ...(module === undefined ? {} : { module }) }
}

function includes(wider: Parts, narrower: Parts): boolean {
  if (wider.resource !== narrower.resource) return false
  if (wider.module !== undefined && wider.module !== narrower.module) return false
  if (wider.action === '*' || wider.action === narrower.action) return true
  return wider.action === 'write' && narrower.action === 'read'
}

/** The widest scope that both include, if there is one. */
function meet(one: string, other: string): readonly string[] {
  const [a, b] = [partsOf(one), partsOf(other)]
  if (!a || !b || a.resource !== b.resource) return []
  if (a.module !== undefined && b.module !== undefined && a.module !== b.module) return []
  const action = narrowerAction(a.action, b.action)
  const module = a.module ?? b.module
  return action ? [`${a.resource}:${action}${module === undefined ? '' : `:${module}`}`] : []
}

function narrowerAction(one: Action | '*', other: Action | '*'): Action | '*' | undefined {
  if (one === other || one === '*') return other
  if (other === '*') return one
  return one !== 'delete' && other !== 'delete' ? 'read' : undefined
}

function wordsOf({ resource, action, module }: Parts): string {
  const described: Partial<Record<Action | '*', string>> = resources[resource]
  const words = described[action] ?? described.write ?? resource
  return module === undefined ? words : `${words} of ${module}`
}

function isResource(name: string): name is Resource {
  return Object.hasOwn(resources, name)
}

/** What can be asked of a resource; `*` where there is more than one thing. */
function actionsOf(resource: Resource): readonly (Action | '*')[] {
  const actions = (['read', 'write', 'delete'] as const).filter(action => Object.hasOwn(resources[resource], action))
  return actions.length > 1 ? [...actions, '*'] : actions
}
