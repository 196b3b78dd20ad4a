import { accounts } from './modules/accounts.ts'
import { aclRoles } from './modules/acl-roles.ts'
import { aosContracts } from './modules/aos-contracts.ts'
import { aosInvoices } from './modules/aos-invoices.ts'
import { aosProducts } from './modules/aos-products.ts'
import { aosQuotes } from './modules/aos-quotes.ts'
import { bugs } from './modules/bugs.ts'
import { calls } from './modules/calls.ts'
import { campaignLog } from './modules/campaign-log.ts'
import { campaignTrackers } from './modules/campaign-trackers.ts'
import { campaigns } from './modules/campaigns.ts'
import { cases } from './modules/cases.ts'
import { contacts } from './modules/contacts.ts'
import { currencies } from './modules/currencies.ts'
import { documentRevisions } from './modules/document-revisions.ts'
import { documents } from './modules/documents.ts'
import { emailAddresses } from './modules/email-addresses.ts'
import { emailMarketing } from './modules/email-marketing.ts'
import { emailTemplates } from './modules/email-templates.ts'
import { emails } from './modules/emails.ts'
import { leads } from './modules/leads.ts'
import { meetings } from './modules/meetings.ts'
import { notes } from './modules/notes.ts'
import { oauth2Clients } from './modules/oauth2-clients.ts'
import { oauth2Tokens } from './modules/oauth2-tokens.ts'
import { opportunities } from './modules/opportunities.ts'
import { project } from './modules/project.ts'
import { projectTask } from './modules/project-task.ts'
import { prospectLists } from './modules/prospect-lists.ts'
import { prospects } from './modules/prospects.ts'
import { securityGroups } from './modules/security-groups.ts'
import { tasks } from './modules/tasks.ts'
import { users } from './modules/users.ts'
import type { Module } from './module.ts'

/** Every module that exists without customisation, in SuiteCRM's order. */
export const modules: readonly Module[] = [
  accounts,
  contacts,
  leads,
  opportunities,
  cases,
  calls,
  meetings,
  tasks,
  notes,
  emails,
  documents,
  campaigns,
  prospects,
  prospectLists,
  users,
  emailAddresses,
  bugs,
  project,
  projectTask,
  aosQuotes,
  aosProducts,
  aosInvoices,
  aosContracts,
  emailTemplates,
  emailMarketing,
  campaignLog,
  campaignTrackers,
  documentRevisions,
  currencies,
  securityGroups,
  oauth2Clients,
  oauth2Tokens,
  aclRoles,
]
