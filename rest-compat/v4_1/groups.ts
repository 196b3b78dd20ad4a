import { fieldOf, type Module } from '../../schema/module.ts'

// Table of data: the fields beside which SuiteCRM's forms show others (`group` of its field definitions), by name.

/** Of modules made from SuiteCRM's basic template, which gives dates a range search. @see include/SugarObjects/templates/basic */
const basic: Groups = {
  date_entered: 'created_by_name',
  created_by: 'created_by_name',
  date_modified: 'modified_by_name',
  modified_user_id: 'modified_by_name',
}

const everywhere: Groups = {
  assigned_user_id: 'assigned_user_name',
  phone_alternate: 'phone_office',
  assistant_phone: 'assistant',
}

type Groups = Readonly<Record<string, string>>

const parent: Groups = { parent_type: 'parent_name', parent_name: 'parent_name', parent_id: 'parent_name' }

const person: Groups = { name: 'last_name', full_name: 'last_name', email1: 'email1', email2: 'email2' }

const byModule: Readonly<Record<string, Groups>> = {
  Accounts: { email1: 'email1' },
  Contacts: person,
  Prospects: person,
  Leads: {
    ...person,
    lead_source_description: 'lead_source',
    status_description: 'status',
    account_description: 'account_name',
    opportunity_amount: 'opportunity_name',
    portal_name: 'portal',
    portal_app: 'portal',
  },
  Users: { email1: 'email1' },
  Opportunities: { currency_id: 'currency_id' },
  Campaigns: { currency_id: 'currency_id' },
  Calls: { ...parent, duration_minutes: 'duration_hours' },
  Meetings: { ...parent, duration_hours: 'duration', duration_minutes: 'duration' },
  Tasks: {
    ...parent,
    date_due_flag: 'date_due',
    date_due: 'date_due',
    date_start_flag: 'date_start',
    date_start: 'date_start',
    contact_id: 'contact_name',
    contact_name: 'contact_name',
  },
  Notes: { modified_user_id: 'modified_by_name', parent_type: 'parent_name' },
  Bugs: { release_name: 'found_in_release', fixed_in_release_name: 'fixed_in_release' },
  AOS_Contracts: { total_contract_value_usdollar: 'amount' },
}

const address = /^(billing|shipping|primary|alt)_address_(street|city|state|postalcode|country)$/

/** The field beside which a form shows a field; empty where there is none. */
export function groupOf(module: Module, name: string): string {
  const own = byModule[module.name]
  if (own && Object.hasOwn(own, name)) return own[name] ?? ''
  if (Object.hasOwn(basic, name)) return isBasic(module) ? (basic[name] ?? '') : ''
  if (Object.hasOwn(everywhere, name)) return everywhere[name] ?? ''
  const part = address.exec(name)
  if (part) return `${part[1] ?? ''}_address`
  return name.endsWith('_usdollar') ? name.replace(/_usdollar$/, '') : ''
}

const isBasic = (module: Module) => fieldOf(module, 'date_entered')?.options === 'date_range_search_dom'
