import type { Arguments, Call, LegacyDoor } from './call.ts'
import { getDocumentRevision, getNoteAttachment, setDocumentRevision, setNoteAttachment } from './attachments.ts'
import { setCampaignMerge } from './campaign.ts'
import type { FaultKey } from './fault.ts'
import { getLanguageDefinition } from './language.ts'
import { getModuleLayout, getModuleLayoutMd5 } from './layout.ts'
import { login, logout, type Visitor } from './login.ts'
import { getModifiedRelationships } from './modified.ts'
import { getModuleFields, getModuleFieldsMd5 } from './module-fields.ts'
import { getAvailableModules } from './module-list.ts'
import { getEntries, getEntriesCount, getEntry, getEntryList } from './read.ts'
import { setRelationship, setRelationships } from './relate.ts'
import { getRelationships } from './relationships.ts'
import { searchByModule } from './search.ts'
import { cycleJobs, getServerInfo, getSession, nextJob, refuseOAuth1, runJob, seamlessLogin } from './server.ts'
import { getUpcomingActivities } from './upcoming.ts'
import { getLastViewed } from './viewed.ts'
import { setEntries } from './write-many.ts'
import { setEntry } from './write.ts'

/** A method that anybody may call. */
type Open = { readonly open: (door: LegacyDoor, args: Arguments, visitor: Visitor) => Promise<unknown> }

/** A method of a session, and the error that it answers without one: SuiteCRM is not of one mind there. */
type Guarded = { readonly run: (call: Call, args: Arguments) => unknown; readonly without: FaultKey }

export type Method = Open | Guarded

/** Every method of the API. Their arguments stand in the SDL of `view.ts`. */
// prettier-ignore
export const methods: Readonly<Record<string, Method>> = {
  login:                      { open: login },
  logout:                     { run: logout, without: 'invalid_session' },
  get_server_info:            { open: getServerInfo },
  seamless_login:             { open: seamlessLogin },
  get_user_id:                { run: call => call.context.principal.userId, without: 'invalid_session' },
  get_entry:                  { run: getEntry, without: 'invalid_session' },
  get_entries:                { run: getEntries, without: 'invalid_session' },
  get_entry_list:             { run: getEntryList, without: 'invalid_session' },
  get_entries_count:          { run: getEntriesCount, without: 'invalid_session' },
  get_relationships:          { run: getRelationships, without: 'invalid_session' },
  get_modified_relationships: { run: getModifiedRelationships, without: 'invalid_session' },
  set_entry:                  { run: setEntry, without: 'invalid_session' },
  set_entries:                { run: setEntries, without: 'invalid_session' },
  set_relationship:           { run: setRelationship, without: 'invalid_session' },
  set_relationships:          { run: setRelationships, without: 'invalid_session' },
  get_module_fields:          { run: getModuleFields, without: 'invalid_session' },
  get_module_fields_md5:      { run: getModuleFieldsMd5, without: 'invalid_session' },
  get_available_modules:      { run: getAvailableModules, without: 'invalid_login' },
  get_module_layout:          { run: getModuleLayout, without: 'invalid_session' },
  get_module_layout_md5:      { run: getModuleLayoutMd5, without: 'invalid_session' },
  get_language_definition:    { run: getLanguageDefinition, without: 'invalid_login' },
  get_last_viewed:            { run: getLastViewed, without: 'invalid_login' },
  get_upcoming_activities:    { run: getUpcomingActivities, without: 'invalid_login' },
  search_by_module:           { run: searchByModule, without: 'invalid_login' },
  set_note_attachment:        { run: setNoteAttachment, without: 'invalid_session' },
  get_note_attachment:        { run: getNoteAttachment, without: 'invalid_session' },
  set_document_revision:      { run: setDocumentRevision, without: 'invalid_session' },
  get_document_revision:      { run: getDocumentRevision, without: 'invalid_session' },
  set_campaign_merge:         { run: setCampaignMerge, without: 'invalid_login' },
  job_queue_next:             { run: nextJob, without: 'invalid_session' },
  job_queue_cycle:            { run: cycleJobs, without: 'invalid_session' },
  job_queue_run:              { run: runJob, without: 'invalid_session' },
  oauth_request_token:        { open: refuseOAuth1 },
  oauth_access_token:         { open: refuseOAuth1 },
  oauth_access:               { run: getSession, without: 'invalid_login' },
}
