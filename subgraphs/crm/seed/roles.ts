import { build, run } from '../../../drizzle/client.ts'
import type { Context } from '../../../drizzle/context.ts'
import { aclActions, aclRolesActions } from '../../../drizzle/tables/companions.ts'
import { at, momentAt } from './calendar.ts'
import type { Maker } from './maker.ts'

const admin = '1'
const founded = -720
const stamp = { by: admin, at: at(founded) }

// What SuiteCRM calls the levels: 90 all, 75 own, -99 none; 89 and -98 for a module as a whole.
const actions = { access: 89, delete: 90, edit: 90, export: 90, import: 90, list: 90, massupdate: 90, view: 90 }

const roles = {
  Sales: [
    ['Accounts', 'delete', -99],
    ['Opportunities', 'edit', 75],
    ['Opportunities', 'delete', 75],
    ['Bugs', 'access', -98],
  ],
  Support: [
    ['Opportunities', 'access', -98],
    ['AOS_Quotes', 'access', -98],
    ['Cases', 'delete', 75],
  ],
} as const

/** Modules that roles speak of. */
const restricted = [
  ...['Accounts', 'AOS_Contracts', 'AOS_Invoices', 'AOS_Products', 'AOS_Quotes', 'Bugs', 'Calls', 'Campaigns', 'Cases'],
  ...['Contacts', 'Documents', 'EmailMarketing', 'Emails', 'EmailTemplates', 'Leads', 'Meetings', 'Notes'],
  ...['Opportunities', 'Project', 'ProjectTask', 'ProspectLists', 'Prospects', 'SecurityGroups', 'Tasks', 'Users'],
]

/** What roles can speak of: every action on every module, with the level that holds without a role. */
export async function seedRoleActions(ctx: Context, maker: Maker): Promise<void> {
  const moment = momentAt(founded)
  const stamps = { date_entered: moment, date_modified: moment, created_by: admin, modified_user_id: admin }
  const rows = restricted.flatMap(category =>
    Object.entries(actions).map(([name, aclaccess]) => ({
      id: actionId(maker, category, name),
      ...stamps,
      name,
      category,
      acltype: 'module',
      aclaccess,
    })),
  )
  await run(ctx.sql, build.insert(aclActions).values(rows))
}

/** A role, what it allows, and who has it. */
export async function seedRole(ctx: Context, maker: Maker, name: keyof typeof roles, userIds: readonly string[]) {
  const description = `What the ${name.toLowerCase()} team may do`
  const id = await maker.create('ACLRoles', { name, description }, stamp)
  const overrides = roles[name].map(([module, action, level]) => ({
    id: maker.random.id(`override ${name} ${module} ${action}`, 1),
    role_id: id,
    action_id: actionId(maker, module, action),
    access_override: level,
    date_modified: momentAt(founded),
  }))
  await run(ctx.sql, build.insert(aclRolesActions).values(overrides))
  await maker.relate('ACLRoles', id, 'users', userIds)
}

/** A group; the records of its members come into it when they are made. */
export async function seedGroup(maker: Maker, userIds: readonly string[]): Promise<void> {
  const values = { name: 'Europe', description: 'Customers in Europe', noninheritable: false }
  const id = await maker.create('SecurityGroups', values, stamp)
  await maker.relate('SecurityGroups', id, 'users', userIds)
}

const actionId = (maker: Maker, module: string, action: string) => maker.random.id(`action ${module} ${action}`, 1)
