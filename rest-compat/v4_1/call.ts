import { reachOf } from '../../schema/access.ts'
import type { ErrorCode } from '../../schema/errors.ts'
import type { Principal } from '../../schema/principal.ts'
import type { RestContext } from '../context.ts'
import type { Operation } from '../operation.ts'
import { Fault, faultOf } from './fault.ts'
import type { Sessions } from './session.ts'

/** The versions of the API. v4.1 is the newest; the others answer the same methods a little differently. */
export const versions = ['v2', 'v2_1', 'v3', 'v3_1', 'v4', 'v4_1'] as const

export type LegacyVersion = (typeof versions)[number]

/** Is `version` that one or a newer one? */
export const isFrom = (version: LegacyVersion, first: LegacyVersion) =>
  versions.indexOf(version) >= versions.indexOf(first)

/** What the gateway gives to this door. */
export type LegacyDoor = {
  readonly sessions: Sessions
  readonly now: () => Date
  /** The context of one call, made once it is known who calls. */
  readonly context: (principal: Principal) => RestContext
  /** Tells of an error that nobody expected. The client is told that something broke, not what. */
  readonly report: (error: unknown) => void
  /** Tells of a call that ends in an error object, whose status is 200 all the same. */
  readonly refused: (code: ErrorCode) => void
}

/** The arguments of a method by name; those that the client left out hold their defaults. */
export type Arguments = Readonly<Record<string, unknown>>

/** One call in a session. */
export type Call = {
  readonly context: RestContext
  readonly version: LegacyVersion
  readonly sessionId: string
  readonly endSession: () => Promise<void>
}

type Data = Readonly<Record<string, unknown>>

/**
 * Runs an operation of the graph and answers its data.
 *
 * @throws Fault  what the first error of the graph means in this API
 */
export async function run(call: Pick<Call, 'context'>, operation: Operation, variables: Data): Promise<Data> {
  const { data, errors } = await call.context.execute(operation, variables, call.context)
  const [error] = errors ?? []
  if (error) throw await faultFor(call, error.extensions ?? {})
  if (!data) throw new Fault('invalid_call_error', 500, 'INTERNAL')
  return data
}

async function faultFor(call: Pick<Call, 'context'>, { code, module }: Data): Promise<Fault> {
  const isHidden = code === 'NOT_FOUND' && typeof module === 'string' && (await isLimited(call, module))
  return isHidden ? new Fault('no_access') : faultOf(code)
}

/**
 * Does the user see only some of the module's records? Then SuiteCRM denies access to the others, and here also to those
 * that do not exist, so that nobody learns which do.
 */
export async function isLimited(
  { context }: Pick<Call, 'context'>,
  module: string,
  action: 'view' | 'list' = 'view',
): Promise<boolean> {
  const { principal, accessOf } = context
  return !principal.isAdmin && reachOf(await accessOf(principal), module, action) !== 'all'
}
