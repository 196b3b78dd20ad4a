import type { Person, permissionHouse } from './house.ts'

type House = Awaited<ReturnType<typeof permissionHouse>>

/** An account that somebody asks for, and a contact of it whom everybody sees. */
export type Target = { readonly account: string; readonly contact: string; readonly name: string }

/** Every way to learn of an account. Each says whether it showed it. */
export const readDoors: Readonly<Record<string, (house: House, who: Person, target: Target) => Promise<boolean>>> = {
  'GraphQL by id': async ({ graph }, who, { account }) =>
    shows(await graph(who, 'query ($id: ID!) { account(id: $id) { id } }', { id: account }), account),
  'GraphQL list': async ({ graph }, who, { account }) =>
    shows(await graph(who, '{ accounts(first: 1000) { nodes { id } } }'), account),
  'GraphQL count': async ({ graph }, who, { name }) =>
    shows(
      await graph(who, 'query ($name: String!) { accounts(filter: { name: { eq: $name } }) { totalCount } }', { name }),
      '"totalCount":1',
    ),
  'GraphQL filter': async ({ graph }, who, { account }) =>
    shows(
      await graph(who, 'query ($id: ID!) { accounts(filter: { id: { eq: $id } }) { edges { cursor node { id } } } }', {
        id: account,
      }),
      account,
    ),
  'GraphQL link': async ({ graph }, who, { account, contact }) =>
    shows(
      await graph(who, 'query ($id: ID!) { contact(id: $id) { accounts { nodes { id } } } }', { id: contact }),
      account,
    ),
  'GraphQL link count': async ({ graph }, who, { contact }) =>
    shows(
      await graph(who, 'query ($id: ID!) { contact(id: $id) { accounts { totalCount } } }', { id: contact }),
      '"totalCount":1',
    ),
  'GraphQL name of a related record': async ({ graph }, who, { contact, name }) =>
    shows(await graph(who, 'query ($id: ID!) { contact(id: $id) { account_name } }', { id: contact }), name),
  'GraphQL filter by the name of a related record': async ({ graph }, who, { contact, name }) =>
    shows(
      await graph(
        who,
        'query ($name: String!) { contacts(filter: { account_name: { eq: $name } }) { nodes { id } } }',
        { name },
      ),
      contact,
    ),
  'V8 record': async ({ v8 }, who, { account, name }) =>
    (await v8(who, 'GET', `/module/Accounts/${account}`)).text.includes(name),
  'V8 list': async ({ v8 }, who, { account }) =>
    (await v8(who, 'GET', '/module/Accounts?fields[Accounts]=name&page[size]=1000')).text.includes(account),
  'V8 filter': async ({ v8 }, who, { account, name }) =>
    (await v8(who, 'GET', `/module/Accounts?filter[name][eq]=${name}`)).text.includes(account),
  'V8 relationships': async ({ v8 }, who, { account, contact }) =>
    (await v8(who, 'GET', `/module/Contacts/${contact}/relationships/accounts`)).text.includes(account),
  'V8 name of a related record': async ({ v8 }, who, { contact, name }) =>
    (await v8(who, 'GET', `/module/Contacts/${contact}?fields[Contacts]=account_name`)).text.includes(name),
  'v4.1 get_entry': async ({ legacy }, who, { account, name }) =>
    shows(await legacy(who, 'get_entry', 'Accounts', account, ['name'], []), name),
  'v4.1 get_entries': async ({ legacy }, who, { account, name }) =>
    shows(await legacy(who, 'get_entries', 'Accounts', [account], ['name'], []), name),
  'v4.1 get_entry_list': async ({ legacy }, who, { account }) =>
    shows(await legacy(who, 'get_entry_list', 'Accounts', '', '', 0, ['id'], [], 1000, 0), account),
  'v4.1 get_entry_list with a query': async ({ legacy }, who, { account, name }) =>
    shows(
      await legacy(who, 'get_entry_list', 'Accounts', `accounts.name = '${name}'`, '', 0, ['id'], [], 10, 0),
      account,
    ),
  'v4.1 get_entries_count': async ({ legacy }, who, { name }) =>
    shows(await legacy(who, 'get_entries_count', 'Accounts', `accounts.name = '${name}'`, 0), '"result_count":"1"'),
  'v4.1 get_relationships': async ({ legacy }, who, { account, contact }) =>
    shows(await legacy(who, 'get_relationships', 'Contacts', contact, 'accounts', '', ['id'], [], 0), account),
  'v4.1 links of a record': async ({ legacy }, who, { account, contact }) =>
    shows(await legacy(who, 'get_entry', 'Contacts', contact, ['id'], [{ name: 'accounts', value: ['id'] }]), account),
  'v4.1 search_by_module': async ({ legacy }, who, { account, name }) =>
    shows(await legacy(who, 'search_by_module', name, ['Accounts'], 0, 20, '', ['id']), account),
}

/** Doors that read one record by its id ask for the right to view; all others for the right to list, too. */
export const viewDoors: ReadonlySet<string> = new Set([
  'GraphQL by id',
  'GraphQL name of a related record',
  'GraphQL filter by the name of a related record',
  'V8 record',
  'V8 name of a related record',
  'v4.1 get_entry',
  'v4.1 get_entries',
])

/** Every way to change an account's description. */
export const editDoors: Readonly<
  Record<string, (house: House, who: Person, id: string, text: string) => Promise<unknown>>
> = {
  GraphQL: ({ graph }, who, id, text) =>
    graph(who, 'mutation ($id: ID!, $text: String!) { updateAccount(id: $id, input: { description: $text }) { id } }', {
      id,
      text,
    }),
  V8: ({ v8 }, who, id, text) =>
    v8(who, 'PATCH', '/module', { data: { type: 'Accounts', id, attributes: { description: text } } }),
  'v4.1': ({ legacy }, who, id, text) =>
    legacy(who, 'set_entry', 'Accounts', [
      { name: 'id', value: id },
      { name: 'description', value: text },
    ]),
}

/** Every way to delete an account. */
export const deleteDoors: Readonly<Record<string, (house: House, who: Person, id: string) => Promise<unknown>>> = {
  GraphQL: ({ graph }, who, id) => graph(who, 'mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id }),
  'GraphQL update': ({ graph }, who, id) =>
    graph(who, 'mutation ($id: ID!) { updateAccount(id: $id, input: { deleted: true }) { id } }', { id }),
  V8: ({ v8 }, who, id) => v8(who, 'DELETE', `/module/Accounts/${id}`),
  'V8 PATCH': ({ v8 }, who, id) =>
    v8(who, 'PATCH', '/module', { data: { type: 'Accounts', id, attributes: { deleted: 1 } } }),
  'v4.1': ({ legacy }, who, id) =>
    legacy(who, 'set_entry', 'Accounts', [
      { name: 'id', value: id },
      { name: 'deleted', value: 1 },
    ]),
}

const shows = (answer: unknown, text: string) => JSON.stringify(answer).includes(text)
