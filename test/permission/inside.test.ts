import { expect, it } from 'vitest'
import { accessFor } from '../../drizzle/access.ts'
import { contextWith } from '../../gateway/context.ts'
import { localSubgraph } from '../../gateway/supergraph/graph.ts'
import { accessBy } from '../../schema/access.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { passwordsOf } from '../passwords.ts'
import { permissionHouse } from './house.ts'

const house = await permissionHouse({ apart: ['crm'] })
const { sql, aPerson, aRole, insert, graph } = house

const [OWNER, NONE] = [75, -99]

it('holds in a subgraph that runs in a process of its own', async () => {
  const ann = await aPerson()
  await aRole({ Accounts: { view: OWNER, list: OWNER, edit: NONE } }, { users: [ann.id] })
  const [mine, theirs] = [
    await insert('accounts', { name: 'Mine', assigned_user_id: ann.id }),
    await insert('accounts', { name: 'Theirs', assigned_user_id: '1' }),
  ]

  expect((await graph(ann, '{ accounts { nodes { id } } }')).data).toEqual({ accounts: { nodes: [{ id: mine }] } })
  const query = 'query ($a: ID!, $b: ID!) { a: account(id: $a) { id } b: account(id: $b) { id } }'
  expect((await graph(ann, query, { a: mine, b: theirs })).data).toEqual({ a: { id: mine }, b: null })
  const changed = await graph(ann, 'mutation ($id: ID!) { updateAccount(id: $id, input: { name: "x" }) { id } }', {
    id: mine,
  })
  expect(changed.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', action: 'edit' } }])
})

it('answers null for an entity that the principal may not see', async () => {
  const [mine, theirs] = [
    await insert('accounts', { name: 'Mine', assigned_user_id: 'ann' }),
    await insert('accounts', { name: 'Theirs', assigned_user_id: '1' }),
  ]
  const crm = await localSubgraph('crm', coreCatalog, () => {})
  const ctx = contextWith(
    { pool: sql, catalog: coreCatalog, filesDir: '', passwords: passwordsOf(sql), now: () => new Date() },
    { principal: { ...systemPrincipal, userId: 'ann', isAdmin: false }, requestId: 'r', validation: 'strict' },
    accessBy('ann', [{ module: 'Accounts', action: 'view', level: OWNER }]),
  )

  const { data } = await crm.execute(
    {
      text: 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Account { id name } } }',
      variables: { of: [mine, theirs].map(id => ({ __typename: 'Account', id })) },
    },
    ctx,
  )

  expect(data).toEqual({ _entities: [{ id: mine, name: 'Mine' }, null] })
})

it('asks nothing for an administrator, and once for others who ask at the same time and soon after', async () => {
  let asked = 0
  const counting = new Proxy(sql, {
    apply(target, self, args) {
      asked += 1
      return Reflect.apply(target, self, args) as unknown
    },
  })
  const ann = { ...systemPrincipal, userId: 'ann', isAdmin: false }

  await accessFor(counting, systemPrincipal)
  expect(asked).toBe(0)
  await Promise.all([accessFor(counting, ann), accessFor(counting, ann)])
  await accessFor(counting, ann)

  expect(asked).toBe(1)
})
