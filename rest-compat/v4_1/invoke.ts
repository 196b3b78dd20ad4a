import { HouseError } from '../../schema/errors.ts'
import { seenBy } from '../../schema/seen.ts'
import type { RestContext } from '../context.ts'
import { isEmpty } from '../php.ts'
import { textOf } from './arguments.ts'
import type { Arguments, LegacyDoor } from './call.ts'
import { Fault, faultOf, invalidCall } from './fault.ts'
import type { Visitor } from './login.ts'
import { methods, type Method } from './methods.ts'
import { Untranslatable } from './sql.ts'

/** What a method answers, and the HTTP status for it. */
export type Outcome = { readonly value: unknown; readonly status: number }

/**
 * Calls a method: finds the session, runs it, and makes an error object of what goes wrong.
 *
 * @param bind  reads the arguments; what it throws is answered like an error of the method
 */
export async function invoke(
  door: LegacyDoor,
  visitor: Visitor,
  name: string,
  bind: (method: string) => Arguments,
): Promise<Outcome> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) {
    door.refused('BAD_REQUEST')
    return { value: invalidCall, status: 200 }
  }
  try {
    return { value: (await call(door, visitor, method, bind(name))) ?? null, status: 200 }
  } catch (error) {
    const fault = faultIn(door, error)
    door.refused(fault.code)
    return { value: fault.answer, status: fault.status }
  }
}

async function call(door: LegacyDoor, visitor: Visitor, method: Method, args: Arguments): Promise<unknown> {
  if ('open' in method) return method.open(door, args, visitor)
  // SuiteCRM has no error for a session that is not even named.
  if (isEmpty(args.session)) {
    door.refused('UNAUTHENTICATED')
    return null
  }
  const sessionId = textOf(args.session)
  const session = await door.sessions.find(sessionId, visitor.ip)
  if (!session) throw new Fault(method.without)
  return method.run(
    {
      context: await seenContext(door.context(session.principal)),
      version: visitor.version,
      sessionId,
      endSession: () => door.sessions.close(sessionId),
    },
    args,
  )
}

/** The context without the fields that roles hide from the user. */
async function seenContext(context: RestContext): Promise<RestContext> {
  const { principal, catalog, accessOf } = context
  if (principal.isAdmin) return context
  const seen = seenBy(catalog, await accessOf(principal))
  return seen === catalog ? context : { ...context, catalog: seen }
}

function faultIn(door: LegacyDoor, error: unknown): Fault {
  if (error instanceof Fault) return error
  if (error instanceof Untranslatable) return new Fault('no_access')
  if (error instanceof HouseError) return faultOf(error.code)
  door.report(error)
  return new Fault('invalid_call_error', 500, 'INTERNAL')
}
