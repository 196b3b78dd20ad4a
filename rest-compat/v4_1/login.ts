import { defaultCurrency } from '../../schema/derive.ts'
import { isEmpty } from '../php.ts'
import type { Operation } from '../operation.ts'
import { isObject, textOf } from './arguments.ts'
import { isFrom, run, type Arguments, type Call, type LegacyDoor, type LegacyVersion } from './call.ts'
import { Fault } from './fault.ts'
import type { NameValue } from './record.ts'
import type { Credential, Session } from './session.ts'

export type Visitor = { readonly version: LegacyVersion; readonly ip: string }

/**
 * Opens a session.
 *
 * @throws Fault  Invalid Login, whatever did not fit; Password Expired
 */
export async function login(door: LegacyDoor, args: Arguments, { version, ip }: Visitor) {
  const auth = isObject(args.user_auth) ? args.user_auth : {}
  const [userName, password] = [textOf(auth.user_name), textOf(auth.password)]
  if (userName === '' || password === '') throw new Fault('invalid_login')
  const credential: Credential = auth.encryption === 'PLAIN' ? { plain: password } : { md5: password.toLowerCase() }
  const opened = await door.sessions.open(userName, credential, ip)
  if (opened === 'expired') throw new Fault('password_expired')
  if (opened === 'locked') throw new Fault('lockout_reached')
  if (!opened) throw new Fault('invalid_login')
  return {
    id: opened.id,
    module_name: 'Users',
    name_value_list: await about(door, opened, version),
  }
}

/** What a login tells of the user. Numbers are written as SuiteCRM's settings have it where the user chose nothing. */
async function about(door: LegacyDoor, session: Session, version: LegacyVersion) {
  const { principal, preferences } = session
  const currency = isEmpty(preferences.currency) ? null : textOf(preferences.currency)
  const values: readonly (readonly [name: string, value: unknown, since?: LegacyVersion])[] = [
    ['user_id', principal.userId],
    ['user_name', principal.userName],
    ['user_language', 'en_us'],
    ['user_currency_id', currency],
    ['user_is_admin', principal.isAdmin, 'v3'],
    ['user_default_team_id', null, 'v3'],
    ['user_default_dateformat', principal.dateStyle.dateFormat, 'v3'],
    ['user_default_timeformat', principal.dateStyle.timeFormat, 'v3'],
    ['user_number_separator', textOf(preferences.num_grp_sep) || ',', 'v3_1'],
    ['user_decimal_separator', textOf(preferences.dec_sep) || '.', 'v3_1'],
    ['mobile_max_list_entries', null, 'v3_1'],
    ['mobile_max_subpanel_entries', null, 'v3_1'],
    ['user_currency_name', await currencyName(door, session, currency)],
  ]
  const told = values.filter(([, , since]) => since === undefined || isFrom(version, since))
  return Object.fromEntries(told.map(([name, value]): [string, NameValue] => [name, { name, value }]))
}

const currencyById: Operation = {
  name: 'LegacyCurrency',
  text: 'query LegacyCurrency($id: ID!) { record: currency(id: $id) { name } }',
}

/** A currency that does not exist is the default one. */
async function currencyName(door: LegacyDoor, session: Session, id: string | null) {
  if (id === null || id === defaultCurrency.id) return defaultCurrency.name
  const { record } = await run({ context: door.context(session.principal) }, currencyById, { id })
  return isObject(record) ? textOf(record.name) : defaultCurrency.name
}

/** Ends the session. */
export async function logout(call: Call) {
  await call.endSession()
  return null
}
