import { isEmpty } from '../php.ts'
import { textOf } from './arguments.ts'
import { isFrom, type Arguments, type Call, type LegacyDoor } from './call.ts'
import { Fault } from './fault.ts'
import type { Visitor } from './login.ts'

/** The release whose API this is. Clients branch on it. */
const release = { flavor: 'CE', version: '6.5.25', suitecrm_version: '7.15.0' }

/** What this server says it is, and its clock. */
export function getServerInfo(door: LegacyDoor, _args: Arguments, { version }: Visitor) {
  const { suitecrm_version, ...older } = release
  return Promise.resolve({
    ...older,
    ...(isFrom(version, 'v3') ? { suitecrm_version } : {}),
    gmt_time: door.now().toISOString().slice(0, 19).replace('T', ' '),
  })
}

/** Is the session alive? */
export async function seamlessLogin(door: LegacyDoor, args: Arguments, { ip }: Visitor) {
  if (isEmpty(args.session)) return 0
  return (await door.sessions.find(textOf(args.session), ip)) ? 1 : 0
}

/**
 * OAuth 1.0a is not offered: the authorization server speaks OAuth 2.
 *
 * @throws Fault  always
 */
export function refuseOAuth1(): Promise<never> {
  return Promise.reject(new Fault('invalid_login'))
}

/** The session itself, for clients that came to it by a token. */
export const getSession = (call: Call) => ({ id: call.sessionId })

/** Jobs run by themselves here: a client finds none to take. */
export const nextJob = () => ({ results: null })

export const cycleJobs = () => ({ results: 'ok' })

export const runJob = (_call: Call, args: Arguments) => ({
  results: false,
  message: `Job ${textOf(args.jobid).replace(/[^\w-]/g, '')} not found.`,
})
