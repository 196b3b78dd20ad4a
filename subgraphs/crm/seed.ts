import { transaction, type Context } from '../../drizzle/context.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { seedEmails, seedNotes, seedTasks } from './seed/activities.ts'
import { seedAppointments } from './seed/appointments.ts'
import { seedAccounts, seedContacts } from './seed/companies.ts'
import { makerOn } from './seed/maker.ts'
import { seedCampaigns, seedTargets } from './seed/marketing.ts'
import { randomOf } from './seed/random.ts'
import { seedLeads, seedOpportunities, seedQuotes } from './seed/sales.ts'
import { seedCases, seedDocuments, seedProjects } from './seed/support.ts'
import { seedUsers } from './seed/users.ts'

/** What the demo made, with the only sight there will ever be of its passwords and secrets. */
export type Demo = {
  readonly users: readonly { readonly user_name: string; readonly password: string }[]
  readonly clients: readonly {
    readonly name: string
    readonly grant: DemoGrant
    readonly id: string
    readonly secret: string
  }[]
  /** Records by module. */
  readonly counts: Readonly<Record<string, number>>
}

type DemoGrant = 'password' | 'client_credentials' | 'authorization_code'

type NewClient = {
  readonly name: string
  readonly grant: DemoGrant
  readonly userId?: string
  readonly redirectUrl?: string
}

export type DemoOptions = {
  /** Other numbers give other records. Passwords and secrets are new each time. */
  readonly seed?: number
  /** The form in which `users.user_hash` holds a password. */
  readonly hashPassword: (password: string) => Promise<string>
  /** Makes an API client: `createClient` of the identity subgraph, which this one cannot see. */
  readonly createClient: (
    ctx: Context,
    client: NewClient,
  ) => Promise<{ readonly client: { readonly id: string }; readonly secret: string }>
  /** Where the demo's authorization_code client sends people back to. */
  readonly redirectUrl?: string
  /** Told how many records there are, of about `demoRecords`. */
  readonly onProgress?: (made: number) => void
}

/** About how many records {@link seedDemo} makes. */
export const demoRecords = 1_125

/**
 * Fills an empty database with a small company's customers, deals, appointments and cases, in one transaction and by the same
 * functions as any client. The same seed makes the same records, with the same ids and dates; only the rows of e-mail addresses
 * and of pairs get ids of their own.
 *
 * @returns undefined when there are users already; then nothing is changed
 */
export function seedDemo(ctx: Context, options: DemoOptions): Promise<Demo | undefined> {
  const acting: Context = { ...ctx, principal: systemPrincipal, validation: 'strict', isSilent: true }
  return transaction(acting, async ctx => {
    // Two processes that start at once: the second waits, and then finds users.
    await ctx.sql.unsafe('lock table users in share row exclusive mode')
    const found = await ctx.sql.unsafe('select 1 from users limit 1')
    if (found.length > 0) return undefined

    const counts: Record<string, number> = {}
    let made = 0
    const maker = makerOn(ctx, randomOf(options.seed ?? 1), module => {
      counts[module] = (counts[module] ?? 0) + 1
      made += 1
      options.onProgress?.(made)
    })
    const users = await seedUsers(ctx, maker.fork('users'), options.hashPassword)
    await seedRecords(
      maker,
      users.slice(1).map(user => user.id),
    )
    const clients = await seedClients(ctx, options)
    return { users: users.map(({ user_name, password }) => ({ user_name, password })), clients, counts }
  })
}

async function seedRecords(maker: ReturnType<typeof makerOn>, staff: readonly string[]) {
  const [ingrid = '1', tomas = '1', aisha = '1', lukas = '1', mei = '1', owen = '1'] = staff
  const sellers = [ingrid, tomas, aisha, lukas]
  const campaigns = await seedCampaigns(maker.fork('campaigns'), owen)
  const accounts = await seedAccounts(maker.fork('accounts'), sellers)
  const contacts = await seedContacts(maker.fork('contacts'), accounts, sellers)
  const deals = await seedOpportunities(maker.fork('opportunities'), accounts, contacts, campaigns)
  const leads = await seedLeads(maker.fork('leads'), contacts, deals, campaigns, [...sellers, owen])
  const cases = await seedCases(maker.fork('cases'), accounts, contacts, [mei, lukas])
  const audience = { accounts, contacts, deals, leads, cases, owners: staff }
  await seedAppointments(maker.fork('appointments'), audience)
  await seedTasks(maker.fork('tasks'), audience)
  await seedNotes(maker.fork('notes'), audience)
  await seedEmails(maker.fork('emails'), audience)
  await seedQuotes(maker.fork('quotes'), deals)
  await seedDocuments(maker.fork('documents'), accounts, deals, staff)
  await seedProjects(maker.fork('projects'), deals, [mei, lukas, tomas])
  await seedTargets(maker.fork('targets'), campaigns, contacts, leads, owen)
}

/** One API client for each grant. */
async function seedClients(ctx: Context, { createClient, redirectUrl }: DemoOptions): Promise<Demo['clients']> {
  const wanted: readonly NewClient[] = [
    { name: 'Demo: users with their password', grant: 'password' },
    { name: 'Demo: a service, acting as admin', grant: 'client_credentials', userId: '1' },
    {
      name: 'Demo: a web application',
      grant: 'authorization_code',
      redirectUrl: redirectUrl ?? 'http://127.0.0.1:4000/callback',
    },
  ]
  const made: { name: string; grant: DemoGrant; id: string; secret: string }[] = []
  for (const client of wanted) {
    const { client: stored, secret } = await createClient(ctx, client)
    made.push({ name: client.name, grant: client.grant, id: stored.id, secret })
  }
  return made
}
