import fc from 'fast-check'
import { parse } from 'graphql'
import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { readAccess } from '../../../drizzle/access.ts'
import { contextWith } from '../../../gateway/context.ts'
import { createDenials } from '../../../gateway/policy/denials.ts'
import { deniedIn } from '../../../gateway/policy/denied.ts'
import { localSubgraph } from '../../../gateway/supergraph/graph.ts'
import { fullAccess, levelNumbers } from '../../../schema/access.ts'
import { coreCatalog } from '../../../schema/catalog.ts'
import { systemPrincipal } from '../../../schema/principal.ts'
import { explainDenial } from '../../../subgraphs/ops/explain.ts'
import { testDatabase } from '../../database.ts'
import { passwordsOf } from '../../passwords.ts'

const { pool: sql } = await testDatabase()
const unexpected: unknown[] = []
const report = (error: unknown) => void unexpected.push(error)
const crm = await localSubgraph('crm', coreCatalog, report)
const now = () => new Date()
const house = { pool: sql, catalog: coreCatalog, filesDir: '/nowhere', passwords: passwordsOf(sql), now }
const admin = contextWith(house, { principal: systemPrincipal, requestId: 'explain', validation: 'strict' }, fullAccess)
const ben = { ...systemPrincipal, kind: 'user', userId: 'ben', userName: 'ben', isAdmin: false } as const

await sql`insert into users ${sql([
  { id: 'ben', user_name: 'ben', status: 'Active', is_admin: false },
  { id: 'ada', user_name: 'ada', status: 'Active', is_admin: true },
])}`
await sql`insert into acl_roles ${sql({ id: 'sellers', name: 'Sellers' })}`
await sql`insert into acl_roles_users ${sql({ id: 'held', role_id: 'sellers', user_id: 'ben' })}`
await sql`insert into securitygroups ${sql({ id: 'north', name: 'North' })}`
for (const name of ['access', 'view', 'list', 'edit', 'delete']) {
  const standard = name === 'access' ? 89 : 90
  await sql`insert into acl_actions ${sql({ id: name, category: 'Accounts', name, acltype: 'module', aclaccess: standard })}`
}

const operations = {
  view: 'query ($id: ID!) { answer: account(id: $id) { name } }',
  edit: 'mutation ($id: ID!) { answer: updateAccount(id: $id, input: { name: "Acme" }) { id } }',
  delete: 'mutation ($id: ID!) { answer: deleteAccount(id: $id) { id } }',
} as const

type Action = keyof typeof operations

async function setLevel(action: string, level: keyof typeof levelNumbers) {
  await sql`delete from acl_roles_actions where role_id = 'sellers' and action_id = ${action}`
  const access_override = levelNumbers[level]
  await sql`insert into acl_roles_actions ${sql({ id: randomUUID(), role_id: 'sellers', action_id: action, access_override })}`
}

const join = () => sql`insert into securitygroups_users
  ${sql({ id: randomUUID(), securitygroup_id: 'north', user_id: 'ben' })}`

/** Asks as ben may now. @returns the smallest grant, or undefined when it was answered */
async function ask(action: Action, id: string): Promise<readonly string[] | undefined> {
  const requestId = randomUUID()
  const caller = { principal: ben, requestId, validation: 'strict' } as const
  const request = { text: operations[action], variables: { id } }
  const answer = await crm.execute(request, contextWith(house, caller, await readAccess(sql, 'ben')))
  if (answer.data?.['answer']) return undefined
  const denials = createDenials(sql, report)
  denials.note(
    { requestId, principal: ben, now },
    deniedIn(coreCatalog, { ...request, document: parse(request.text) }, answer),
  )
  await denials.close()
  const [explained] = await explainDenial(admin, requestId)
  return explained?.smallestGrant ?? []
}

/** Does what a sentence says. */
async function grant(sentence: string) {
  const [, action, level] = /^the level (\w+)=(\w+) of Accounts, by the role Sellers$/.exec(sentence) ?? []
  const named = Object.keys(levelNumbers).find((name): name is keyof typeof levelNumbers => name === level)
  if (action && named) return setLevel(action, named)
  expect(sentence).toBe('the membership of ben in the security group North')
  return join()
}

const level = fc.constantFrom('ALL', 'GROUP', 'OWNER', 'NONE', 'DEFAULT')

const situation = fc.record({
  action: fc.constantFrom<Action>('view', 'edit', 'delete'),
  owner: fc.constantFrom('ben', 'ada'),
  group: fc.constantFrom('none', 'of the record', 'shared'),
  levels: fc.record({
    access: fc.constantFrom('ENABLED', 'DISABLED', 'DEFAULT'),
    view: level,
    edit: level,
    delete: level,
  }),
})

it('names a grant after which the request is answered, and of which nothing can be left out', async () => {
  await fc.assert(
    fc.asyncProperty(situation, fc.nat(), async ({ action, owner, group, levels }, which) => {
      const id = randomUUID()
      await sql`insert into accounts ${sql({ id, name: 'Acme', assigned_user_id: owner, created_by: owner })}`
      await sql`delete from securitygroups_users`
      if (group === 'shared') await join()
      if (group !== 'none') {
        const pair = { id: randomUUID(), securitygroup_id: 'north', record_id: id, module: 'Accounts' }
        await sql`insert into securitygroups_records ${sql(pair)}`
      }
      for (const [name, given] of Object.entries(levels)) await setLevel(name, given)

      const needed = await ask(action, id)
      const sentences = needed ?? []
      const last = sentences[which % Math.max(sentences.length, 1)]
      for (const sentence of sentences) if (sentence !== last) await grant(sentence)
      const without = last === undefined ? undefined : await ask(action, id)
      if (last !== undefined) await grant(last)

      expect(sentences.length === 0).toBe(needed === undefined)
      expect(without).toEqual(last === undefined ? undefined : [last])
      expect(needed && (await ask(action, id))).toBeUndefined()
    }),
    {
      numRuns: 60,
      // A module that is closed, of which the levels reach everything: no membership is missing.
      examples: [
        [
          {
            ...{ action: 'view', owner: 'ada', group: 'of the record' },
            levels: { access: 'DISABLED', view: 'ALL', edit: 'ALL', delete: 'ALL' },
          },
          1,
        ],
      ],
    },
  )
  expect(unexpected).toEqual([])
})
