import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { md5Of } from '../drizzle/password-hash.ts'
import { systemPrincipal } from '../schema/principal.ts'
import { seedDemo, type DemoOptions } from '../subgraphs/crm/seed.ts'
import { createClient } from '../subgraphs/identity/clients.ts'
import type { Config } from './config.ts'
import { contextFor, type House } from './context.ts'
import type { Database } from './database.ts'

const demoSchema = z.object({
  users: z.array(z.object({ user_name: z.string(), password: z.string() })),
  clients: z.array(
    z.object({
      name: z.string(),
      grant: z.enum(['password', 'client_credentials', 'authorization_code']),
      id: z.string(),
      secret: z.string(),
    }),
  ),
})

/** Who can sign in to the demo, and by which API clients. */
export type DemoAccess = z.infer<typeof demoSchema>

/** Passwords and secrets are stored as hashes; for the demo they are kept here too, for its owner's eyes. */
const demoFile = ({ dataDir }: Config) => path.join(dataDir, 'demo.json')

/**
 * Fills an empty database with demo records, if the configuration wants it.
 *
 * @param issuer  the address that clients use
 * @returns how to sign in, now and at every later start; undefined when this house has no demo
 */
export async function openDemo(
  config: Config,
  house: House,
  { isPrivate }: Pick<Database, 'isPrivate'>,
  issuer: string,
  say: (message: string) => void,
  options: Pick<DemoOptions, 'seed' | 'onProgress'> = {},
): Promise<DemoAccess | undefined> {
  if (config.demoData === 'no' || (config.demoData === 'auto' && !isPrivate)) return undefined
  const caller = { principal: systemPrincipal, requestId: 'demo', validation: 'strict' as const }
  // Sign-in leads back to https or to this machine only.
  const redirectUrl = `${/^(https:|http:\/\/(127\.|localhost))/.test(issuer) ? issuer : 'http://127.0.0.1:4000'}/callback`
  const [user] = await house.pool`select 1 from users limit 1`
  if (user) return kept(config, house)
  say('Making demo records')
  const hashPassword = (password: string) => house.passwords.hash(md5Of(password))
  const demo = await seedDemo(await contextFor(house, caller), { ...options, hashPassword, createClient, redirectUrl })
  if (!demo) return kept(config, house)
  const { users, clients } = demo
  await keep(config, { users: [...users], clients: [...clients] })
  return kept(config, house)
}

async function keep(config: Config, access: DemoAccess) {
  await mkdir(config.dataDir, { recursive: true })
  await writeFile(demoFile(config), `${JSON.stringify(access, undefined, 2)}\n`, { mode: 0o600 })
  await chmod(demoFile(config), 0o600)
}

/** What was kept, as long as it is about this database. */
async function kept(config: Config, { pool }: House): Promise<DemoAccess | undefined> {
  const text = await readFile(demoFile(config), 'utf8').catch(() => undefined)
  const access = text === undefined ? undefined : demoSchema.safeParse(JSON.parse(text)).data
  if (!access) return undefined
  const ids = access.clients.map(client => client.id)
  const known = await pool<{ id: string }[]>`select id from oauth2clients where id = any (${ids}) and not deleted`
  const here = new Set(known.map(row => row.id))
  return here.size > 0 ? { ...access, clients: access.clients.filter(client => here.has(client.id)) } : undefined
}
