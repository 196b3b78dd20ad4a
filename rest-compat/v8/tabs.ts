import type { Catalog } from '../../schema/catalog.ts'

/**
 * The modules that a fresh SuiteCRM shows as tabs. Modules that do not exist here stand with their label: clients find
 * the same list as before, and are told when they ask for one of them.
 *
 * @see SuiteCRM modules/MySettings/TabController.php get_system_tabs()
 */
const standardTabs: Readonly<Record<string, string | undefined>> = {
  ...{ Home: 'Home', Accounts: undefined, Contacts: undefined, Opportunities: undefined, Leads: undefined },
  ...{ AOS_Quotes: undefined, Calendar: 'Calendar', Documents: undefined, Emails: undefined, Spots: 'Spots' },
  ...{ Campaigns: undefined, Calls: undefined, Meetings: undefined, Tasks: undefined, Notes: undefined },
  ...{ AOS_Invoices: undefined, AOS_Contracts: undefined, Cases: undefined, Prospects: undefined },
  ...{ ProspectLists: undefined, Project: undefined, AM_ProjectTemplates: 'Projects - Templates' },
  ...{ FP_events: 'Events', FP_Event_Locations: 'Locations', AOS_Products: undefined },
  ...{ AOS_Product_Categories: 'Products - Categories', AOS_PDF_Templates: 'PDF - Templates', AOR_Reports: 'Reports' },
  ...{ AOK_KnowledgeBase: 'Knowledge Base', AOK_Knowledge_Base_Categories: 'KB - Categories' },
  ...{ EmailTemplates: undefined, Surveys: 'Surveys' },
}

// Tabs without access rules of their own, and modules that SuiteCRM keeps out of its lists (`modInvisList`).
const unlisted: ReadonlySet<string> = new Set(['Home', 'Calendar', 'Prospects', 'ProspectLists'])

// The modules of SuiteCRM that are no tabs; any other module of the catalog was added to this installation.
const untabbed: ReadonlySet<string> = new Set([
  ...['Users', 'EmailAddresses', 'Bugs', 'ProjectTask', 'EmailMarketing', 'CampaignLog', 'CampaignTrackers'],
  ...['DocumentRevisions', 'Currencies', 'SecurityGroups', 'OAuth2Clients', 'OAuth2Tokens', 'ACLRoles'],
])

/** Is the module a tab, so that its fields can be asked for? Aliases are no tabs. */
export const isTab = ({ byName }: Catalog, name: string) =>
  Object.hasOwn(standardTabs, name) || (byName.has(name) && !untabbed.has(name))

/** The actions of a module, in the order of SuiteCRM's access rules. */
export const moduleActions = ['access', 'delete', 'edit', 'export', 'import', 'list', 'massupdate', 'view'] as const

/** The tabs that are listed, with their labels, sorted by label. */
export function listedTabs(catalog: Catalog): readonly (readonly [name: string, label: string])[] {
  const custom = catalog.modules.map(({ name }) => name).filter(name => !Object.hasOwn(standardTabs, name))
  return [...Object.keys(standardTabs), ...custom]
    .filter(name => isTab(catalog, name) && !unlisted.has(name))
    .map(name => [name, catalog.byName.get(name)?.label ?? standardTabs[name] ?? name] as const)
    .sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0))
}
