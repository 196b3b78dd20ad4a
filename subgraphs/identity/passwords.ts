import { audit } from '../../drizzle/audit.ts'
import { transaction, type Context, momentOf } from '../../drizzle/context.ts'
import { admitHashing, md5Of } from '../../drizzle/password-hash.ts'
import { HouseError, notFound } from '../../schema/errors.ts'
import { covers } from '../../schema/scopes.ts'
import { requireAdmin } from './permission.ts'
import { revokeTokensOfUser } from './tokens.ts'

export type PasswordChange = {
  /** Whose; left out, the caller's own. */
  readonly userId?: string | null
  /** Needed for one's own. */
  readonly currentPassword?: string | null
  readonly newPassword: string
}

/** @see https://pages.nist.gov/800-63-4/sp800-63b.html 3.1.1.2: length, and no rules about kinds of characters */
const lengthMin = 8
const lengthMax = 256

/**
 * Changes a password, and signs the user out everywhere.
 *
 * @throws FORBIDDEN     somebody else's, and the principal is no administrator; or a token that was narrowed, or an API key
 * @throws INVALID       `field` says where
 * @throws CONFLICT      it was changed by somebody else meanwhile
 * @throws RATE_LIMITED  too many passwords are being checked right now
 */
export async function changePassword(ctx: Context, change: PasswordChange): Promise<{ readonly id: string }> {
  const userId = change.userId ?? ctx.principal.userId
  const isOwn = userId === ctx.principal.userId
  if (isOwn) requireOwnSignIn(ctx)
  else requireManager(ctx)
  const user = await readUser(ctx, userId)
  checkNew(change.newPassword, user.name)
  const hash = await admitHashing(async () => {
    if (isOwn) await checkCurrent(ctx, change.currentPassword, user.hash)
    return ctx.passwords.hash(md5Of(change.newPassword))
  })
  await storePassword(ctx, userId, { from: user.hash, to: hash })
  return { id: userId }
}

/**
 * Gives a user a password as the operator of this installation, who needs no old one.
 *
 * @throws INVALID  too short, too long, or the name
 */
export async function setPassword(ctx: Context, userId: string, password: string): Promise<void> {
  requireAdmin(ctx)
  const user = await readUser(ctx, userId)
  checkNew(password, user.name)
  await storePassword(ctx, userId, { from: user.hash, to: await ctx.passwords.hash(md5Of(password)) })
}

/** Who was let in with less than everything was not let in for this. */
function requireOwnSignIn({ principal }: Context) {
  if (principal.keyId !== undefined || principal.scopes !== 'all') {
    throw new HouseError('FORBIDDEN', 'A password is not changed with an API key or a token that was narrowed')
  }
}

function requireManager(ctx: Context) {
  requireAdmin(ctx)
  if (!covers(ctx.principal.scopes, 'admin:write')) {
    throw new HouseError('FORBIDDEN', 'This token lacks the scope admin:write')
  }
}

type Known = { readonly name: string; readonly hash: string; readonly isExternal: boolean }

async function readUser({ sql }: Context, id: string): Promise<Known> {
  const [user] = await sql<Known[]>`select coalesce(user_name, '') as name, coalesce(user_hash, '') as hash,
    coalesce(external_auth_only, false) as "isExternal" from users where id = ${id} and not deleted`
  if (!user) throw notFound('Users', id)
  if (user.isExternal) throw new HouseError('CONFLICT', 'This user signs in elsewhere and has no password here', { id })
  return user
}

async function checkCurrent(ctx: Context, current: string | null | undefined, hash: string) {
  if (!current) throw invalid('currentPassword', 'Say the current password')
  if (!(await ctx.passwords.verify(md5Of(current), hash))) {
    throw invalid('currentPassword', 'That is not the current password')
  }
}

function checkNew(password: string, userName: string) {
  if (password.length < lengthMin || password.length > lengthMax) {
    throw invalid('newPassword', `A password has ${lengthMin} to ${lengthMax} characters`)
  }
  if (new Set(password).size < 3 || password.toLowerCase() === userName.toLowerCase()) {
    throw invalid('newPassword', 'This password is too easy to guess')
  }
}

/** Only if it is still the one that was read. Whoever else knew the old one is signed out with the rest. */
const storePassword = (ctx: Context, id: string, { from, to }: { from: string; to: string }) =>
  transaction(ctx, async tx => {
    const { count } = await tx.sql`update users set user_hash = ${to}, pwd_last_changed = ${momentOf(tx.now())},
      system_generated_password = false where id = ${id} and coalesce(user_hash, '') = ${from}`
    if (count === 0) throw new HouseError('CONFLICT', 'The password was changed by somebody else meanwhile', { id })
    audit(tx, { action: 'user.password_set', id, after: { password: to } })
    await revokeTokensOfUser(tx, id)
  })

const invalid = (field: string, message: string) => new HouseError('INVALID', message, { field })
