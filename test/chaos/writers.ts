import type { Reached } from './consumers.ts'
import type { Random } from './random.ts'

/** Makes so many changes of accounts over GraphQL. @returns how many were really made */
export async function write(house: Reached, changes: number, random: Random, ids: string[]): Promise<number> {
  let made = 0
  while (made < changes) if (await changeOne(house, random, ids)) made += 1
  return made
}

async function changeOne(house: Reached, random: Random, ids: string[]): Promise<boolean> {
  const dice = random.below(100)
  if (dice < 30 || ids.length === 0) {
    const input = { name: `N${random.below(1_000)}`, industry: 'Retail', employees: String(random.below(100)) }
    ids.push(await createAccount(house, input))
    return true
  }
  const id = random.pick(ids)
  if (dice < 90) {
    const input = { phone_office: String(random.below(1_000_000)), description: dice < 40 ? '' : 'x'.repeat(dice) }
    return mutate(
      house,
      'mutation ($id: ID!, $input: AccountInput!) { updateAccount(id: $id, input: $input) { id } }',
      {
        ...{ id, input },
      },
    )
  }
  ids.splice(ids.indexOf(id ?? ''), 1)
  return mutate(house, 'mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id })
}

export async function createAccount(house: Reached, input: object): Promise<string> {
  const query = 'mutation ($input: AccountInput!) { createAccount(input: $input) { id } }'
  const { data, errors } = await ask(house, query, { input })
  if (!data) throw new Error(JSON.stringify(errors))
  return (data.createAccount as { id: string }).id
}

/** Somebody else may have deleted the record meanwhile. */
async function mutate(house: Reached, query: string, variables: object): Promise<boolean> {
  const { errors } = await ask(house, query, variables)
  if (errors && !JSON.stringify(errors).includes('NOT_FOUND')) throw new Error(JSON.stringify(errors))
  return errors === undefined
}

async function ask({ url, token }: Reached, query: string, variables: object) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ query, variables })
  const send = () => fetch(`${url}/graphql`, { method: 'POST', headers, body })
  // A machine that is busy may not take a connection in time; what was perhaps done already is then done again.
  const response = await send().catch(send).catch(send)
  return (await response.json()) as { data?: Record<string, unknown> | null; errors?: unknown }
}
