import { z } from 'zod'
import type { Context } from '../../drizzle/context.ts'
import { findPage } from '../../drizzle/select.ts'
import { outsideOf } from '../../drizzle/outside.ts'
import { HouseError } from '../../schema/errors.ts'
import { filterOf, type FilterInput } from '../../schema/filter-input.ts'
import { urlFault } from '../../schema/public-address.ts'
import { permitWanted } from '../events/permit.ts'
import { subjectsOf, wants } from '../events/wanted.ts'
import { readAuthentication, readCertificate } from './authentication.ts'
import { readHeaders } from './custom-headers.ts'
import { isAboutEndpoint } from './own-events.ts'
import { readPayload } from './payload.ts'
import { compileSelection } from './selection.ts'
import { compileTemplate, TemplateFault } from './template.ts'

/** Settings as a person gives them; what is left out stays as it is, or has its default. */
export type EndpointInput = {
  readonly url?: string | null
  readonly description?: string | null
  readonly eventTypes?: readonly string[] | null
  readonly filter?: unknown
  readonly payload?: unknown
  readonly headers?: unknown
  readonly authentication?: unknown
  readonly certificate?: unknown
  readonly ratePerSecond?: number | null
  readonly concurrency?: number | null
  readonly schedule?: readonly number[] | null
  readonly timeoutMs?: number | null
  readonly ordered?: boolean | null
  readonly onUnknown?: string | null
  readonly atMostOnce?: boolean | null
  readonly skipOwn?: boolean | null
  readonly version?: number | null
  /** It goes by itself when its address answers 410, as REST hooks do. */
  readonly removedWhenGone?: boolean | null
}

const day = 86_400

/** Settings that are simple values: the column of each, and what it may be. */
// prettier-ignore
const simple = {
  description:   { column: 'description',     schema: z.string().max(1_000) },
  ratePerSecond: { column: 'rate_per_second', schema: z.int().min(1).max(10_000) },
  concurrency:   { column: 'concurrency',     schema: z.int().min(1).max(200) },
  schedule:      { column: 'schedule',        schema: z.array(z.int().min(0).max(7 * day)).max(30) },
  timeoutMs:     { column: 'timeout_ms',      schema: z.int().min(1_000).max(30_000) },
  ordered:       { column: 'is_ordered',      schema: z.boolean() },
  onUnknown:     { column: 'on_unknown',      schema: z.enum(['RESEND', 'HOLD', 'PROBE']) },
  atMostOnce:    { column: 'at_most_once',    schema: z.boolean() },
  skipOwn:       { column: 'skip_own',        schema: z.boolean() },
  version:       { column: 'version',         schema: z.literal(1) },
  removedWhenGone: { column: 'removed_when_gone', schema: z.boolean() },
} as const satisfies Partial<Record<keyof EndpointInput, { column: string; schema: z.ZodType }>>

/** Columns of `webhook_endpoint`; JSON stands for jsonb. */
export type EndpointColumns = Readonly<Record<string, unknown>>

/** What is sealed apart from the other settings: null takes it away, undefined leaves it. */
export type Sealed = {
  readonly headers?: Readonly<Record<string, string>> | null
  readonly authentication?: ReturnType<typeof readAuthentication> | null
  readonly certificate?: ReturnType<typeof readCertificate> | null
}

/**
 * Checks the settings that are given, each by its own rule.
 *
 * @throws INVALID      `field` says where
 * @throws FORBIDDEN    events of a module that the token or the roles keep from the principal
 */
export async function checkInput(
  ctx: Context,
  input: EndpointInput,
  known: { readonly eventTypes: readonly string[] },
): Promise<{ columns: EndpointColumns; sealed: Sealed }> {
  const { rules } = outsideOf(ctx)
  const columns: Record<string, unknown> = {}
  for (const [name, { column, schema }] of Object.entries(simple)) {
    const given = input[name as keyof typeof simple]
    if (given === undefined || (given === null && name !== 'ratePerSecond')) continue
    const read = schema.safeParse(given)
    if (!read.success && given !== null) throw invalid(name, read.error.issues[0]?.message ?? 'is not valid')
    columns[column] = given
  }
  if (input.url != null) {
    const fault = input.url.length > 2_000 ? { says: 'has more than 2000 characters' } : urlFault(input.url, rules)
    if (fault) throw invalid('url', fault.says)
    columns.url = input.url
  }
  const eventTypes = input.eventTypes ?? known.eventTypes
  if (input.eventTypes != null) columns.event_types = checkTypes(ctx, input.eventTypes)
  if (input.filter !== undefined) columns.filter = await checkFilter(ctx, input.filter, eventTypes)
  if (input.payload !== undefined) columns.payload = await checkPayload(ctx, input.payload)
  const { headers, authentication, certificate } = input
  return {
    columns,
    sealed: {
      ...(headers !== undefined && { headers: headers === null ? null : readHeaders(headers) }),
      ...(authentication !== undefined && {
        authentication: authentication === null ? null : readAuthentication(authentication, rules),
      }),
      ...(certificate !== undefined && {
        certificate: certificate === null ? null : readCertificate(certificate, ctx.now()),
      }),
    },
  }
}

function checkTypes(ctx: Context, given: readonly string[]): readonly string[] {
  if (given.length === 0 || given.length > 100)
    throw invalid('eventTypes', 'are 1 to 100 types, such as Accounts.updated')
  const ofRecords = given.filter(type => !isAboutEndpoint({ type }))
  try {
    if (ofRecords.length > 0) permitWanted(ctx, { types: ofRecords })
    wants(ctx.catalog, { types: ofRecords })
  } catch (error) {
    if (error instanceof HouseError && error.code === 'BAD_REQUEST') throw invalid('eventTypes', `: ${error.message}`)
    throw error
  }
  return given
}

/** A filter has to be one for every module whose events are wanted. */
async function checkFilter(ctx: Context, given: unknown, eventTypes: readonly string[]): Promise<unknown> {
  if (given === null) return null
  if (typeof given !== 'object' || Array.isArray(given)) throw invalid('filter', 'is no object of conditions')
  const filter = filterOf(given as FilterInput)
  if (!filter) return null
  const types = eventTypes.filter(type => !isAboutEndpoint({ type }))
  const names = subjectsOf(ctx.catalog, { types }) ?? ctx.catalog.modules.map(({ name }) => name)
  for (const name of types.length > 0 ? names : []) {
    const module = ctx.catalog.byName.get(name)
    if (!module) continue
    const among = { kind: 'in', operand: { field: 'id' }, values: [''] } as const
    await findPage(ctx, module, {
      ...{ fields: ['id'], sort: [], limit: 1 },
      filter: { kind: 'and', of: [filter, among] },
    })
  }
  return given
}

async function checkPayload(ctx: Context, given: unknown): Promise<unknown> {
  const payload = readPayload(given)
  const operation = payload.kind === 'SELECTION' || payload.kind === 'TEMPLATE' ? payload.operation : undefined
  if (operation !== undefined && ctx.api) {
    const selection = compileSelection(operation, await ctx.api())
    if ('fault' in selection) throw invalid('payload', `: the query ${selection.fault}`)
  }
  try {
    if (payload.kind === 'TEMPLATE') compileTemplate(payload.template, payload.mediaType, payload.outputSchema)
  } catch (error) {
    if (error instanceof TemplateFault) throw invalid('payload', `: the template cannot be used: ${error.message}`)
    throw error
  }
  return payload
}

/** A field and what is wrong with it. */
export const invalid = (field: string, says: string) =>
  new HouseError('INVALID', `${field}${says.startsWith(':') ? '' : ' '}${says}`, { field, pointer: `/${field}` })
