import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { contextFor } from '../../gateway/context.ts'
import { localSubgraph } from '../../gateway/supergraph/graph.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { testDatabase } from '../database.ts'
import { passwordsOf } from '../passwords.ts'

const db = await testDatabase()

/** The pool, counting what is sent by it. */
function counting() {
  const sent: unknown[] = []
  const sql = new Proxy(db.pool, {
    apply(pool, self, args: unknown[]) {
      if (Array.isArray((args[0] as { raw?: unknown } | undefined)?.raw)) sent.push(args[0])
      return Reflect.apply(pool, self, args) as unknown
    },
  })
  return { sql, sent }
}

it('reads what is asked of many users, roles and groups by one statement each', async () => {
  const ids = Array.from({ length: 20 }, () => randomUUID())
  await db.pool`insert into users ${db.pool(ids.map(id => ({ id, user_name: id })))}`
  await db.pool`insert into acl_roles ${db.pool(ids.map(id => ({ id, name: id })))}`
  await db.pool`insert into acl_roles_users ${db.pool(ids.map(id => ({ id, user_id: id, role_id: id })))}`
  const { sql, sent } = counting()
  const house = { pool: sql, catalog: coreCatalog, filesDir: '', passwords: passwordsOf(sql), now: () => new Date() }
  const ctx = await contextFor(house, { principal: systemPrincipal, requestId: 'r', validation: 'strict' })
  const identity = await localSubgraph('identity', coreCatalog, () => {})

  const { data, errors } = await identity.execute(
    {
      text: `query ($users: [_Any!]!) { _entities(representations: $users) {
        ... on User { roles { id actions { action } } securityGroups { id members { isPrimary } } preferences }
      } }`,
      variables: { users: ids.map(id => ({ __typename: 'User', id })) },
    },
    ctx,
  )

  expect(errors).toBeUndefined()
  expect(data?._entities).toEqual(
    ids.map(id => ({ roles: [{ id, actions: [] }], securityGroups: [], preferences: {} })),
  )
  // Roles, what they set, groups, preferences; nobody is in a group, so members are not read.
  expect(sent).toHaveLength(4)
})
