import { randomUUID } from 'node:crypto'
import { audit } from '../../../drizzle/audit.ts'
import { canonicalJson } from '../../../drizzle/canonical-json.ts'
import { momentOf, transaction, type Context } from '../../../drizzle/context.ts'
import { HouseError } from '../../../schema/errors.ts'
import { compile, type Compilation } from './compile.ts'
import { inWords, pathKeyOf, readDeclaration, refused, storedDeclaration, type Declaration } from './declaration.ts'

/** An endpoint as it is now. */
export type Endpoint = {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly description: string
  readonly version: number
  readonly enabled: boolean
  readonly declaration: Declaration
  readonly savedBy: string
  readonly savedAt: string
  /** Why it cannot be called, when a field or module that it uses has changed since; empty when it can. */
  readonly faults: readonly string[]
}

export type EndpointVersion = Pick<Endpoint, 'version' | 'declaration' | 'savedBy' | 'savedAt'>

const endpointsMax = 1_000

/** All endpoints by path. */
export async function listEndpoints(ctx: Context): Promise<Endpoint[]> {
  requireAdmin(ctx)
  return Promise.all((await readEndpoints(ctx, ctx.sql`true`)).map(row => endpointOf(ctx, row)))
}

/** @returns undefined when there is none */
export async function findEndpoint(ctx: Context, id: string): Promise<Endpoint | undefined> {
  requireAdmin(ctx)
  const [row] = await readEndpoints(ctx, ctx.sql`e.id = ${storable(id)}`)
  return row && endpointOf(ctx, row)
}

/** What was saved for an endpoint, the newest first. */
export async function versionsOf(ctx: Context, id: string): Promise<EndpointVersion[]> {
  requireAdmin(ctx)
  const rows = await ctx.sql<Pick<Row, 'version' | 'declaration' | 'savedBy' | 'savedAt'>[]>`
    select version, declaration, saved_by as "savedBy", saved_at as "savedAt" from custom_endpoint_version
    where endpoint_id = ${storable(id)} order by version desc limit 1000`
  return rows.map(row => ({ ...row, declaration: storedDeclaration(row.declaration) }))
}

/**
 * Saves an endpoint: a new one, or the next version of the one at that method and path. The versions before stay callable.
 * To save what is there already changes nothing.
 *
 * @throws INVALID  it is no declaration, or could not be called; every fault is named
 */
export async function saveEndpoint(ctx: Context, given: unknown): Promise<Endpoint> {
  requireAdmin(ctx)
  const declaration = readDeclaration(given)
  const compilation = await compiledFor(ctx, declaration)
  if (compilation.kind === 'broken') throw refused(compilation.faults)
  return transaction(ctx, async tx => {
    const { method, path } = declaration
    const pathKey = pathKeyOf(path)
    // One after the other: the next version has to be the next for all.
    await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`custom_endpoint ${method} ${pathKey}`}, 0))`
    const [before] = await readEndpoints(tx, tx.sql`e.method = ${method} and e.path_key = ${pathKey}`)
    const old = before && storedDeclaration(before.declaration)
    if (before && canonicalJson(old) === canonicalJson(declaration)) return endpointOf(tx, before)
    const id = before?.id ?? randomUUID()
    const version = (before?.version ?? 0) + 1
    if (before) await tx.sql`update custom_endpoint set version = ${version} where id = ${id}`
    else {
      await checkCount(tx)
      await tx.sql`insert into custom_endpoint ${tx.sql({ id, method, path_key: pathKey, version, enabled: true })}`
    }
    await tx.sql`insert into custom_endpoint_version (endpoint_id, version, declaration, saved_by, saved_at)
      values (${id}, ${version}, ${JSON.stringify(declaration)}::jsonb, ${tx.principal.userId}, ${momentOf(tx.now())})`
    audit(tx, {
      action: 'custom_endpoint.saved',
      id,
      before: old && { ...old, version: before.version },
      after: { ...declaration, version },
    })
    return readBack(tx, id)
  })
}

/**
 * Opens or closes an endpoint. A closed one answers 404, in all its versions.
 *
 * @throws NOT_FOUND  there is none
 */
export async function enableEndpoint(ctx: Context, id: string, enabled: boolean): Promise<Endpoint> {
  requireAdmin(ctx)
  return transaction(ctx, async tx => {
    const before = await lockEndpoint(tx, id)
    await tx.sql`update custom_endpoint set enabled = ${enabled} where id = ${id}`
    const action = enabled ? 'custom_endpoint.enabled' : 'custom_endpoint.disabled'
    audit(tx, { action, id, before: { enabled: before.enabled }, after: { enabled } })
    return readBack(tx, id)
  })
}

/**
 * Removes an endpoint with all its versions.
 *
 * @throws NOT_FOUND  there is none
 */
export async function removeEndpoint(ctx: Context, id: string): Promise<string> {
  requireAdmin(ctx)
  return transaction(ctx, async tx => {
    await lockEndpoint(tx, id)
    const { declaration, version, enabled } = await readBack(tx, id)
    await tx.sql`delete from custom_endpoint_version where endpoint_id = ${id}`
    await tx.sql`delete from custom_endpoint where id = ${id}`
    audit(tx, { action: 'custom_endpoint.removed', id, before: { ...declaration, version, enabled } })
    return id
  })
}

function requireAdmin({ principal }: Context) {
  if (!principal.isAdmin) throw new HouseError('FORBIDDEN', 'Only administrators may do this')
}

async function checkCount({ sql }: Context) {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from custom_endpoint`
  if ((row?.count ?? 0) >= endpointsMax)
    throw new HouseError('INVALID', `There are ${endpointsMax} endpoints already`, { field: 'declaration' })
}

async function lockEndpoint({ sql }: Context, id: string): Promise<{ enabled: boolean }> {
  const [row] = await sql<{ enabled: boolean }[]>`
    select enabled from custom_endpoint where id = ${storable(id)} for update`
  if (!row) throw noEndpoint(id)
  return row
}

async function readBack(ctx: Context, id: string): Promise<Endpoint> {
  const endpoint = await findEndpoint(ctx, id)
  if (!endpoint) throw noEndpoint(id)
  return endpoint
}

const noEndpoint = (id: string) =>
  new HouseError('NOT_FOUND', `There is no custom endpoint ${id.slice(0, 100)}`, { id })

const storable = (text: string) => text.replaceAll('\0', '')

type Row = {
  id: string
  version: number
  enabled: boolean
  declaration: unknown
  savedBy: string
  savedAt: string
}

const readEndpoints = (ctx: Context, which: ReturnType<Context['sql']>) => ctx.sql<Row[]>`
  select e.id, e.version, e.enabled, v.declaration, v.saved_by as "savedBy", v.saved_at as "savedAt"
  from custom_endpoint e join custom_endpoint_version v on v.endpoint_id = e.id and v.version = e.version
  where ${which} order by e.path_key, e.method limit ${endpointsMax}`

async function endpointOf(ctx: Context, { declaration: stored, ...row }: Row): Promise<Endpoint> {
  const declaration = storedDeclaration(stored)
  const { method, path, description } = declaration
  const compilation = await compiledFor(ctx, declaration)
  const faults = compilation.kind === 'broken' ? compilation.faults.map(inWords) : []
  return { ...row, method, path, description, declaration, faults }
}

/** @throws Error  the context was made without the schema */
async function compiledFor({ api, catalog }: Context, declaration: Declaration): Promise<Compilation> {
  if (!api) throw new Error('Nothing says what clients see of the graph')
  return compile(declaration, await api(), name => catalog.byName.has(name))
}
