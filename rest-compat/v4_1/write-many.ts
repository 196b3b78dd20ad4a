import type { Catalog } from '../../schema/catalog.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import { escapeHtml, trim } from '../text.ts'
import { isObject, itemsOf, nameValues, textOf } from './arguments.ts'
import { run, type Arguments, type Call } from './call.ts'
import { Fault } from './fault.ts'
import { planned } from './plan.ts'
import { nodesOf } from './read.ts'
import { givenValues, idIn, save, writable, type Pair } from './write.ts'

/**
 * Saves several records and answers their ids in order; those that may not be saved are left out.
 *
 * @see SugarWebServiceUtilv4.php new_handle_set_entries()
 */
export async function setEntries(call: Call, args: Arguments) {
  const module = writable(call, args.module_name)
  const ids: string[] = []
  for (const list of itemsOf(args.name_value_lists)) {
    const pairs = nameValues(list).map(([name, value]): Pair => [
      name,
      keyOfLabel(call.context.catalog, module, name, value),
    ])
    const id = await saved(call, module, pairs)
    if (id !== undefined) ids.push(id)
  }
  return { ids }
}

async function saved(call: Call, module: Module, pairs: readonly Pair[]): Promise<string | undefined> {
  try {
    if (module.name === 'Contacts') return await saveContact(call, module, pairs)
    if (module.name === 'Calls' || module.name === 'Meetings') return await saveActivity(call, module, pairs)
    return await save(call, module, pairs, await givenValues(call, module, pairs))
  } catch (error) {
    if (error instanceof Fault && error.key === 'no_access') return undefined
    throw error
  }
}

/** An option may be named by its label. */
function keyOfLabel(catalog: Catalog, module: Module, name: string, value: unknown): unknown {
  const field = fieldOf(module, name)
  const list = field?.kind === 'enum' ? catalog.lists.get(field.options ?? '') : undefined
  if (!list || typeof value !== 'string' || Object.hasOwn(list, value)) return value
  return Object.entries(list).find(([, label]) => label === value)?.[0] ?? value
}

/** A contact brings its account with it by name, and is not made twice. */
async function saveContact(call: Call, module: Module, pairs: readonly Pair[]): Promise<string> {
  const known = await knownContact(call, pairs)
  if (known !== undefined) {
    await run(call, syncContact(call), { id: known, userId: call.context.principal.userId })
    return known
  }
  const accountId = await accountFor(call, pairs)
  const values = await givenValues(call, module, pairs)
  return save(call, module, pairs, values, accountId === undefined ? {} : { account_id: accountId })
}

const textIn = (pairs: readonly Pair[], field: string) => textOf(pairs.find(([name]) => name === field)?.[1])

/**
 * A contact with the same address and last name, and the same account where one is named. SuiteCRM compares with the
 * escaped name, so one with a quote in it is never found.
 *
 * @see SoapHelperWebService.php check_for_duplicate_contacts()
 */
async function knownContact(call: Call, pairs: readonly Pair[]): Promise<string | undefined> {
  const [email, lastName] = [trim(textIn(pairs, 'email1')), trim(textIn(pairs, 'last_name'))]
  if (idIn(pairs) !== '' || email === '' || lastName === '') return undefined
  const { list } = await run(call, contactsByEmail(call), { email })
  const account = textIn(pairs, 'account_name')
  const same = nodesOf(list).find(
    contact =>
      contact.email1 === email &&
      escapeHtml(textOf(contact.last_name)) === lastName &&
      (account === '' || escapeHtml(textOf(contact.account_name)) === account),
  )
  return same && textOf(same.id)
}

const contactsByEmail = (call: Call): Operation =>
  planned(call.context.catalog, 'contacts by email', () => ({
    name: 'LegacyContactsByEmail',
    text: 'query LegacyContactsByEmail($email: String!) { list: contacts(filter: { email1: { eq: $email } }, first: 100, sort: [{ field: id }]) { nodes { id last_name email1 account_name } } }',
  }))

const syncContact = (call: Call): Operation =>
  planned(call.context.catalog, 'sync contact', () => ({
    name: 'LegacySyncContact',
    text: 'mutation LegacySyncContact($id: ID!, $userId: ID!) { relateContact(id: $id, link: user_sync, relatedIds: [$userId]) { id } }',
  }))

/**
 * The account that a contact names, made where there is none.
 *
 * @see SoapHelperWebService.php add_create_account()
 */
async function accountFor(call: Call, pairs: readonly Pair[]): Promise<string | undefined> {
  const [id, name] = [textIn(pairs, 'account_id'), textIn(pairs, 'account_name')]
  if (id !== '' || name === '') return undefined
  const { list } = await run(call, accountByName(call), { name })
  const [known] = nodesOf(list)
  if (known) return textOf(known.id)
  const { record } = await run(call, newAccount(call), {
    input: { name, assigned_user_id: call.context.principal.userId },
  })
  return isObject(record) ? textOf(record.id) : undefined
}

const accountByName = (call: Call): Operation =>
  planned(call.context.catalog, 'account by name', () => ({
    name: 'LegacyAccountByName',
    text: 'query LegacyAccountByName($name: String!) { list: accounts(filter: { name: { eq: $name } }, first: 1, sort: [{ field: id }]) { nodes { id } } }',
  }))

const newAccount = (call: Call): Operation =>
  planned(call.context.catalog, 'new account', () => ({
    name: 'LegacyNewAccount',
    text: 'mutation LegacyNewAccount($input: AccountInput!) { record: createAccount(input: $input) { id } }',
  }))

/** A call or meeting that comes from Outlook is changed where it is already known by its id there. */
async function saveActivity(call: Call, module: Module, pairs: readonly Pair[]): Promise<string> {
  const outlookId = textIn(pairs, 'outlook_id')
  const { type, many } = module.graphql
  let known: string | undefined
  if (idIn(pairs) === '' && outlookId !== '') {
    const operation = planned(call.context.catalog, `${type} by outlook id`, () => ({
      name: 'LegacyByOutlookId',
      text: `query LegacyByOutlookId($id: String!) { list: ${many}(filter: { outlook_id: { eq: $id } }, first: 1, sort: [{ field: id }]) { nodes { id } } }`,
    }))
    const { list } = await run(call, operation, { id: outlookId })
    const [activity] = nodesOf(list)
    known = activity && textOf(activity.id)
  }
  const named: readonly Pair[] = known === undefined ? pairs : [['id', known], ...pairs]
  return save(call, module, named, await givenValues(call, module, named))
}
