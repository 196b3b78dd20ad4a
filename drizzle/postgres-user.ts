import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { StartupError } from './startup-error.ts'

/** The account that PostgreSQL runs under when it cannot be ours. */
export type ServerUser = { readonly uid: number; readonly gid: number }

/** PostgreSQL refuses to run as root, so root runs it as `nobody`, whom every system has: nothing is created, nothing configured. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/**
 * Makes a folder that belongs to the server's user, with the parents that are missing.
 * Parents made here can be passed through by everybody, for `nobody` has to.
 *
 * @throws StartupError  the folder cannot be made, or belongs to somebody else
 */
export function ownFolder(folder: string, user: ServerUser | undefined) {
  try {
    const first = mkdirSync(folder, { recursive: true })
    if (first)
      for (let made = path.dirname(folder); made.length >= first.length; made = path.dirname(made))
        chmodSync(made, 0o755)
    if (user) chownSync(folder, user.uid, user.gid)
    chmodSync(folder, 0o700)
  } catch (cause) {
    throw new StartupError(
      `${folder} cannot be used for the database: ${reason(folder, cause)}. Set DATA_DIR to a folder of your own.`,
      { cause },
    )
  }
}

/**
 * Root may go everywhere, `nobody` may not: names the folder in the way before PostgreSQL fails with "Permission denied".
 *
 * @throws StartupError  the server's user cannot reach `target`
 */
export function assertReachable(target: string, user: ServerUser | undefined) {
  if (!user || spawnSync('sh', ['-c', 'test -x "$1"', 'sh', target], { ...user, cwd: '/' }).status === 0) return
  const wall = ancestors(target).find(folder => !(statSync(folder).mode & 0o001))
  throw new StartupError(
    `PostgreSQL does not run as root, so Switchyard runs it as the user "nobody", and nobody may not enter ${wall ?? target}. ` +
      'Start Switchyard as an ordinary user, or keep it (and DATA_DIR) outside of private folders, for example in /srv' +
      `${wall ? `, or allow passing through with "chmod o+x ${wall}"` : ''}; or set DATABASE_URL.`,
  )
}

function ancestors(target: string): string[] {
  const parent = path.dirname(target)
  return parent === target ? [target] : [...ancestors(parent), target]
}

function reason(folder: string, cause: unknown) {
  const [owner, me] = [statSync(folder, { throwIfNoEntry: false })?.uid, process.getuid?.()]
  if (owner !== undefined && me !== undefined && owner !== me)
    return `it belongs to user ${owner}, and this is user ${me}`
  return cause instanceof Error ? cause.message : String(cause)
}
