import { randomInt } from 'node:crypto'
import { build, run } from '../../../drizzle/client.ts'

import type { Context } from '../../../drizzle/context.ts'
import { userPreferences } from '../../../drizzle/tables/companions.ts'
import { at, momentAt } from './calendar.ts'
import type { Maker } from './maker.ts'
import { seedGroup, seedRole, seedRoleActions } from './roles.ts'
import { passwordWords } from './words.ts'

export type DemoUser = { readonly id: string; readonly user_name: string; readonly password: string }

const admin = '1'

const people = [
  {
    user_name: 'ingrid',
    first_name: 'Ingrid',
    last_name: 'Solberg',
    title: 'Sales Director',
    department: 'Sales',
    timezone: 'Europe/Oslo',
    datef: 'd.m.Y',
    timef: 'H:i',
    group: 'Europe',
    role: 'Sales',
  },
  {
    user_name: 'tomas',
    first_name: 'Tomás',
    last_name: 'Ferreira',
    title: 'Sales Manager',
    department: 'Sales',
    timezone: 'Europe/Lisbon',
    datef: 'd/m/Y',
    timef: 'H:i',
    group: 'Europe',
    role: 'Sales',
  },
  {
    user_name: 'aisha',
    first_name: 'Aisha',
    last_name: 'Khan',
    title: 'Account Executive',
    department: 'Sales',
    timezone: 'Europe/London',
    datef: 'd/m/Y',
    timef: 'H:i',
    group: 'Europe',
    role: 'Sales',
  },
  {
    user_name: 'lukas',
    first_name: 'Lukas',
    last_name: 'Brandt',
    title: 'Account Executive',
    department: 'Sales',
    timezone: 'Europe/Berlin',
    datef: 'Y-m-d',
    timef: 'H:i',
    group: 'Europe',
    role: 'Sales',
  },
  {
    user_name: 'mei',
    first_name: 'Mei',
    last_name: 'Tanaka',
    title: 'Support Lead',
    department: 'Support',
    timezone: 'Asia/Tokyo',
    datef: 'Y/m/d',
    timef: 'H:i',
    role: 'Support',
  },
  {
    user_name: 'owen',
    first_name: 'Owen',
    last_name: 'Doyle',
    title: 'Marketing Manager',
    department: 'Marketing',
    timezone: 'America/New_York',
    datef: 'm/d/Y',
    timef: 'h:ia',
    role: 'Support',
  },
] as const

/** The administrator, six colleagues, their roles and the security group of those in Europe. */
export async function seedUsers(ctx: Context, maker: Maker, hashPassword: (password: string) => Promise<string>) {
  const stamp = { by: admin, at: at(-720) }
  const fixed = { status: 'Active', employee_status: 'Active', receive_notifications: true }
  await maker.create(
    'Users',
    {
      ...fixed,
      id: admin,
      user_name: 'admin',
      last_name: 'Administrator',
      is_admin: true,
      title: 'Administrator',
      email1: 'admin@switchyard.example',
    },
    stamp,
  )
  const users: DemoUser[] = [{ id: admin, user_name: 'admin', password: newPassword() }]
  for (const { user_name, first_name, last_name, title, department } of people) {
    const boss = users[user_name === 'aisha' || user_name === 'lukas' ? 2 : 1]?.id ?? admin
    const id = await maker.create(
      'Users',
      {
        ...fixed,
        user_name,
        first_name,
        last_name,
        title,
        department,
        reports_to_id: boss,
        email1: `${user_name}@switchyard.example`,
      },
      stamp,
    )
    users.push({ id, user_name, password: newPassword() })
  }
  await setPasswords(ctx, users, hashPassword)
  await run(ctx.sql, build.insert(userPreferences).values(users.map(user => preferencesOf(maker, user))))
  await seedRoleActions(ctx, maker)
  for (const role of ['Sales', 'Support'] as const) {
    await seedRole(
      ctx,
      maker,
      role,
      idsOf(users, person => person.role === role),
    )
  }
  await seedGroup(
    maker,
    idsOf(users, person => 'group' in person),
  )
  return users
}

const idsOf = (users: readonly DemoUser[], wanted: (person: (typeof people)[number]) => boolean) =>
  users
    .filter(user => people.some(person => person.user_name === user.user_name && wanted(person)))
    .map(user => user.id)

/** Four words and four digits, 41 bits, new at each installation. */
function newPassword() {
  const words = Array.from({ length: 4 }, () => passwordWords[randomInt(passwordWords.length)])
  return `${words.join('-')}-${randomInt(1000, 10_000)}`
}

/** No client can write a hash, so it does not go the way of records. */
async function setPasswords(
  ctx: Context,
  users: readonly DemoUser[],
  hashPassword: (password: string) => Promise<string>,
) {
  const hashes = await Promise.all(users.map(user => hashPassword(user.password)))
  await ctx.sql.unsafe(
    `update users set user_hash = h.hash, pwd_last_changed = date_entered from unnest($1::text[], $2::text[]) h(id, hash) where users.id = h.id`,
    [users.map(user => user.id), hashes] as never[],
  )
}

function preferencesOf(maker: Maker, { id, user_name }: DemoUser) {
  const style = people.find(person => person.user_name === user_name) ?? {
    timezone: 'UTC',
    datef: 'm/d/Y',
    timef: 'H:i',
  }
  const { timezone, datef, timef } = style
  return {
    id: maker.random.id(`preferences ${user_name}`, 1),
    category: 'global',
    date_entered: momentAt(-720),
    date_modified: momentAt(-720),
    assigned_user_id: id,
    contents: {
      timezone,
      datef,
      timef,
      currency: '-99',
      default_currency_significant_digits: '2',
      num_grp_sep: ',',
      dec_sep: '.',
      default_locale_name_format: 's f l',
      ut: '1',
    },
  }
}
