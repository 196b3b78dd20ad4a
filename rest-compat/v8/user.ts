import { documentAnswer, messageAnswer, type Answer } from './answer.ts'
import type { Call } from './call.ts'
import { recordDocument } from './get-record.ts'
import { prettyJson } from './json.ts'
import * as operations from './operations.ts'
import { resolveOptions } from './options.ts'
import * as parameters from './parameters.ts'
import { isNode } from './record.ts'
import { GraphFailure, notFoundText, refused, run } from './run.ts'

/** GET /current-user: the acting user with everything but the password, dates in the user's own format. */
export async function getCurrentUser(call: Call): Promise<Answer> {
  const { views, context } = call
  const users = views.catalog.byName.get('Users')
  if (!users) throw refused('Module Users does not exist')
  const writer = views.writer(users, 'raw', undefined, 4)
  const id = context.principal.userId
  const { r } = await run(context, operations.readOne(views.catalog, users, writer.fields), { id })
  if (!isNode(r)) throw refused(notFoundText(users.name, id))
  return documentAnswer(200, recordDocument(writer.write(r, { style: call.style, path: call.path })))
}

/** GET /user-preferences/{userId}: one's own, or anybody's for an administrator. */
export async function getUserPreferences(call: Call): Promise<Answer> {
  const { views, context } = call
  const { id } = await resolveOptions({ id: parameters.id }, call.sent)
  const { isAdmin, userId } = context.principal
  if (!isAdmin && id !== userId) throw new GraphFailure('FORBIDDEN', 'Not allowed', {})
  const { r } = await run(context, operations.preferences(views.catalog), { id })
  if (!isNode(r)) throw refused(notFoundText('Users', id))
  const attributes = Object.keys(r).length > 0 ? r : []
  return documentAnswer(200, prettyJson({ data: { type: 'UserPreference', id, attributes } }))
}

/** POST /logout */
export async function logout(call: Call): Promise<Answer> {
  await call.logout()
  return messageAnswer(200, { message: 'You have been successfully logged out' })
}
