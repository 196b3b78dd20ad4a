import type { Module } from '../../schema/module.ts'
import { textOf } from './arguments.ts'
import { accessOf } from './access.ts'
import { isFrom, type Arguments, type Call } from './call.ts'

// Table of data: the modules of a SuiteCRM installation in the order in which it names them, with their labels. Those
// that do not exist here stand with the others: clients find the list they know, and are told when they ask for one.

/** What the menu shows. @see modules/MySettings/TabController.php get_system_tabs() */
const tabs: readonly (readonly [name: string, label: string])[] = [
  ...list('Home, Accounts, Contacts, Opportunities, Leads, AOS_Quotes: Quotes, Calendar, Documents, Emails, Spots'),
  ...list('Campaigns, Calls, Meetings, Tasks, Notes, AOS_Invoices: Invoices, AOS_Contracts: Contracts, Cases'),
  ...list('Prospects: Targets, ProspectLists: Targets - Lists, Project: Projects'),
  ...list('AM_ProjectTemplates: Projects - Templates, FP_events: Events, FP_Event_Locations: Locations'),
  ...list('AOS_Products: Products, AOS_Product_Categories: Products - Categories, AOS_PDF_Templates: PDF - Templates'),
  ...list('AOR_Reports: Reports, AOK_KnowledgeBase: Knowledge Base, AOK_Knowledge_Base_Categories: KB - Categories'),
  ...list('EmailTemplates: Email - Templates, Surveys'),
]

/** What has no place in the menu. @see include/modules.php $modInvisList */
const hidden: readonly (readonly [name: string, label: string])[] = [
  ...list('Administration, Currencies, CustomFields:, Connectors, Dropdown:, Dynamic:, DynamicFields:, DynamicLayout:'),
  ...list('EditCustomFields:, Help:, Import:, MySettings:, FieldsMetaData:, UpgradeWizard: Upgrade Wizard, Trackers'),
  ...list('Employees, Releases, Sync, Users, Versions:, LabelEditor:, Roles, EmailMarketing: Email Marketing'),
  ...list('OptimisticLock:, TeamMemberships:, TeamSets:, TeamSetModule:, Audit:, MailMerge:, MergeRecords:'),
  ...list('EmailAddresses: Email Address, EmailText:, Schedulers, Schedulers_jobs:, CampaignTrackers:'),
  ...list('CampaignLog: Campaign Log, EmailMan:, Groups:, InboundEmail: Inbound Email, ACLActions:, ACLRoles: Roles'),
  ...list('DocumentRevisions: Document Revisions, ProjectTask: Project Tasks, ModuleBuilder:, Alert:'),
  ...list('ResourceCalendar: Resource Calendar, AOBH_BusinessHours: Business Hours, ACL:, Configurator:'),
  ...list('UserPreferences:, SavedSearch: Saved Searches, Studio:, SugarFeed: SuiteCRM Feed, EAPM'),
  ...list('OAuthKeys: OAuth Consumer Keys, OAuthTokens: OAuth Tokens, AM_TaskTemplates: Project Task Templates'),
  ...list('Reminders:, Reminders_Invitees:, AOD_IndexEvent: Index Event, AOD_Index: Index'),
  ...list('AOP_Case_Events: Case Events, AOP_Case_Updates: Case Updates, AOR_Fields: Report Fields'),
  ...list('AOR_Charts: Report Charts, AOR_Conditions: Report Conditions, AOS_Products_Quotes: Line Items'),
  ...list('AOS_Line_Item_Groups: Line Item Groups, AOW_Actions: WorkFlow Actions, AOW_Processed: Process Audit'),
  ...list('AOW_Conditions: WorkFlow Conditions, Calls_Reschedule: Calls Reschedule'),
  ...list('OutboundEmailAccounts: Outbound Email Accounts, ExternalOAuthConnection: External OAuth Connection'),
  ...list('ExternalOAuthProvider: External OAuth Provider, TemplateSectionLine: Template Section Line'),
  ...list('OAuth2Tokens: OAuth Tokens, OAuth2Clients: OAuth Clients, OAuth2AuthCodes: OAuth Authorization Codes'),
  ...list('SurveyResponses: Survey Responses, SurveyQuestionResponses: Survey Question Responses'),
  ...list('SurveyQuestions: Survey Questions, SurveyQuestionOptions: Survey Question Options'),
]

/** Modules with access rules that are in neither list. @see modules/ACLActions */
const others: readonly (readonly [name: string, label: string])[] = [
  ...list(
    'Alerts, Bugs, CalendarAccount: Calendar Accounts, jjwg_Maps: Maps, jjwg_Address_Cache: Maps - Address Cache',
  ),
  ...list('jjwg_Areas: Maps - Areas, jjwg_Markers: Maps - Markers, AOR_Scheduled_Reports: Scheduled Reports'),
  ...list('SecurityGroups: Security Suite Management, AOW_WorkFlow: WorkFlow'),
]

/** `Name: Label`; the label is the name where none is given, and empty after a colon alone. */
function list(text: string): readonly (readonly [string, string])[] {
  return text.split(', ').map(item => {
    const [name = '', label] = item.split(':')
    return [name, label === undefined ? name : label.trim()]
  })
}

/** Hidden modules without access rules: only administrators write there. @see get_user_module_list() */
const readOnly = new Set([
  ...['Currencies', 'Users', 'EmailAddresses', 'CampaignTrackers', 'CampaignLog', 'ACLRoles', 'DocumentRevisions'],
  ...['OAuth2Tokens', 'OAuth2Clients'],
])

export const isReadOnlyModule = (module: Module) => readOnly.has(module.name)

const actions = ['edit', 'delete', 'list', 'view', 'import', 'export']

/** The modules that the user may open; with `default` those of the menu. */
export async function getAvailableModules(call: Call, args: Arguments) {
  const { catalog } = call.context
  const known = new Set([...tabs, ...hidden, ...others].map(([name]) => name))
  const added = catalog.modules.filter(({ name }) => !known.has(name)).map(({ name, label }) => [name, label] as const)
  const menu = [...tabs, ...added]
  const may = await accessOf(call)
  const modules = (textOf(args.filter) === 'default' ? menu : [...menu, ...hidden, ...others])
    .filter(([name]) => may(name, 'access'))
    .map(([name, label]) => ({
      module_key: name,
      module_label: catalog.byName.get(name)?.label ?? label,
      ...(isFrom(call.version, 'v4') ? { favorite_enabled: false } : {}),
      acls: actions.map(action => ({ action, access: may(name, action) })),
    }))
  return { modules: isFrom(call.version, 'v3_1') ? modules : modules.map(module => module.module_key) }
}
