import { beforeAll, describe, expect, it } from 'vitest'
import { deleteDoors, editDoors, readDoors, type Target } from './doors.ts'
import { permissionHouse, type Person } from './house.ts'

const house = await permissionHouse()
const { sql, aPerson, aRole, aGroup, putInGroup, insert } = house

const levels = { ALL: 90, GROUP: 80, OWNER: 75, NONE: -99 } as const
type Level = keyof typeof levels
type Who = 'owner' | 'member' | 'stranger' | 'admin'

/** Whom a level lets do what it is set for, with a record that is the owner's and in the member's group. */
const permitted: Readonly<Record<Level, readonly Who[]>> = {
  ALL: ['owner', 'member', 'stranger', 'admin'],
  GROUP: ['owner', 'member', 'admin'],
  OWNER: ['owner', 'admin'],
  NONE: ['admin'],
}

const everybody = permitted.ALL

describe.each(Object.keys(levels) as Level[])('with %s', level => {
  const people = {} as Record<Who, Person>
  let group = ''
  const anAccount = async (): Promise<Target> => {
    const name = `Acme${crypto.randomUUID()}`
    const account = await insert('accounts', {
      name,
      assigned_user_id: people.owner.id,
      created_by: people.stranger.id,
    })
    const contact = await insert('contacts', { last_name: 'Li' })
    await sql`insert into accounts_contacts ${sql({ id: crypto.randomUUID(), account_id: account, contact_id: contact, deleted: false })}`
    await putInGroup(group, 'Accounts', account)
    return { account, contact, name }
  }
  let target: Target

  beforeAll(async () => {
    for (const who of everybody) people[who] = await aPerson({ isAdmin: who === 'admin' })
    group = await aGroup([people.member.id])
    const all = Object.fromEntries(['view', 'list', 'edit', 'delete'].map(action => [action, levels[level]]))
    const users = everybody.map(who => people[who].id)
    await aRole({ Accounts: all }, { users })
    target = await anAccount()
  })

  it.each(Object.keys(readDoors))('%s shows a record to whom the level reaches, and nobody else', async door => {
    const seen = await Promise.all(
      everybody.map(async who => (await readDoors[door]?.(house, people[who], target)) && who),
    )

    expect(seen.filter(Boolean)).toEqual(permitted[level])
  })

  it.each(Object.keys(editDoors))('%s changes a record for whom the level reaches, and nobody else', async door => {
    const { account } = await anAccount()
    const changed: Who[] = []
    for (const who of everybody) {
      await editDoors[door]?.(house, people[who], account, who)
      const [row] = await sql<{ description: string | null }[]>`select description from accounts where id = ${account}`
      if (row?.description === who) changed.push(who)
    }

    expect(changed).toEqual(permitted[level])
  })

  it.each(Object.keys(deleteDoors))('%s deletes a record for whom the level reaches, and nobody else', async door => {
    const deleted: Who[] = []
    for (const who of everybody) {
      const { account } = await anAccount()
      await deleteDoors[door]?.(house, people[who], account)
      const [row] = await sql<{ deleted: boolean }[]>`select deleted from accounts where id = ${account}`
      if (row?.deleted) deleted.push(who)
    }

    expect(deleted).toEqual(permitted[level])
  })

  it('makes records for whom may edit any', async () => {
    const made: Who[] = []
    for (const who of everybody) {
      const { data } = await house.graph(people[who], 'mutation { createAccount(input: { name: "New" }) { id } }')
      if (data) made.push(who)
    }

    expect(made).toEqual(level === 'NONE' ? ['admin'] : everybody)
  })
})
