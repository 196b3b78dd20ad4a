import type { Catalog } from './catalog.ts'
import { isStored, type Field } from './field.ts'
import { fieldOf, type Module } from './module.ts'

/**
 * How a field that is no column gets its value when a record is read.
 *
 * `show` names a field of the other record; `display` stands for the name it is shown by, `plain` for a person's name
 * without the salutation.
 */
export type Derivation =
  /** Own columns with a blank between them, empty ones left out. */
  | { readonly kind: 'words'; readonly of: readonly string[] }
  /** Another field of the same record. */
  | { readonly kind: 'same'; readonly field: string }
  /** The record whose id an own column holds. */
  | { readonly kind: 'related'; readonly key: string; readonly module: Module; readonly show: string }
  /** The first record over a many-to-many link. */
  | { readonly kind: 'linked'; readonly link: string; readonly show: string }
  /** The record that a type column and an id column name together. */
  | { readonly kind: 'parent'; readonly type: string; readonly key: string; readonly modules: readonly Module[] }
  /** The primary e-mail address, or what is known of it. */
  | { readonly kind: 'email'; readonly show: 'email_address' | 'opt_out' | 'invalid_email' }
  /** The primary e-mail address of the record whose id an own column holds. */
  | { readonly kind: 'relatedEmail'; readonly key: string; readonly module: Module }
  /** A column of the table that goes with an e-mail, row by row. */
  | { readonly kind: 'emailText'; readonly column: string }
  /** The currency's name or symbol; the default currency is no record. */
  | { readonly kind: 'currency'; readonly key: string; readonly show: 'name' | 'symbol' }
  /** How many records a link leads to. */
  | { readonly kind: 'count'; readonly link: string }
  /** The sum of a number over the records that a link leads to. */
  | { readonly kind: 'sum'; readonly link: string; readonly field: string }

/** SuiteCRM's default currency: id `-99`, in no table. */
export const defaultCurrency = { id: '-99', name: 'US Dollars', symbol: '$', iso4217: 'USD', rate: 1 } as const

/** The columns that together are the name a record is shown by. */
export function displayFields(module: Module): readonly string[] {
  const has = (name: string) => isColumn(module, name)
  if (has('last_name')) return ['salutation', 'first_name', 'last_name'].filter(has)
  return ['name', 'document_name', 'email_address', 'filename'].filter(has).slice(0, 1)
}

/**
 * The derivation of a field, or undefined for columns, links and fields that SuiteCRM keeps only as meta-data.
 */
export function derivationOf(catalog: Catalog, module: Module, name: string): Derivation | undefined {
  const field = fieldOf(module, name)
  if (!field || isStored(field) || field.kind === 'link') return undefined
  return special(catalog, module, name) ?? general(catalog, module, name, field)
}

function general(catalog: Catalog, module: Module, name: string, field: Field): Derivation | undefined {
  const key = field.idName ?? ''
  const target = field.module === undefined ? undefined : catalog.byName.get(field.module)

  if (name === 'email1') return { kind: 'email', show: 'email_address' }
  if (name === 'email_opt_out') return { kind: 'email', show: 'opt_out' }
  if (name === 'invalid_email') return { kind: 'email', show: 'invalid_email' }
  if (field.kind === 'parent' && field.typeName && isColumn(module, field.typeName) && isColumn(module, key)) {
    return { kind: 'parent', type: field.typeName, key, modules: catalog.modules.filter(hasDisplay) }
  }
  if ((field.kind === 'fullname' || field.kind === 'name' || name === 'name') && isColumn(module, 'last_name')) {
    return { kind: 'words', of: displayFields(module) }
  }
  if (field.module === 'Currencies' && isColumn(module, key)) {
    return { kind: 'currency', key, show: field.rname === 'symbol' ? 'symbol' : 'name' }
  }
  if (field.kind === 'relate' && target && isColumn(module, key)) {
    return { kind: 'related', key, module: target, show: shown(field) }
  }
  if (field.kind === 'relate' && target && field.link && isJoin(catalog, module, field.link)) {
    return { kind: 'linked', link: field.link, show: shown(field) }
  }
  return linkedId(catalog, module, name)
}

/** A related record is shown by its name, except where the definition asks for another of its fields. */
function shown(field: Field): string {
  if (field.rname === undefined || ['name', 'user_name', 'full_name'].includes(field.rname)) return 'display'
  return field.rname === 'last_name' ? 'plain' : field.rname
}

/** `account_id` where `account_name` is reached over a join: the id of the same record. */
function linkedId(catalog: Catalog, module: Module, name: string): Derivation | undefined {
  const shower = Object.values(module.fields).find(
    field => field.kind === 'relate' && field.idName === name && field.link && isJoin(catalog, module, field.link),
  )
  return shower?.link ? { kind: 'linked', link: shower.link, show: 'id' } : undefined
}

/** What SuiteCRM's classes fill in by their own code, not from a definition. */
function special(catalog: Catalog, module: Module, name: string): Derivation | undefined {
  const related = (key: string, target: string, show = 'display'): Derivation | undefined => {
    const other = catalog.byName.get(target)
    return other && { kind: 'related', key, module: other, show }
  }
  switch (`${module.name}.${name}`) {
    case 'Users.modified_by_name':
      return related('modified_user_id', 'Users')
    case 'Users.created_by_name':
      return related('created_by', 'Users')
    // SuiteCRM's class of targets leaves out the step that turns user names into people's names.
    case 'Prospects.modified_by_name':
      return related('modified_user_id', 'Users', 'user_name')
    case 'Prospects.created_by_name':
      return related('created_by', 'Users', 'user_name')
    case 'Prospects.assigned_user_name':
      return related('assigned_user_id', 'Users', 'user_name')
    case 'Calls.contact_name':
    case 'Meetings.contact_name':
      return { kind: 'linked', link: 'contacts', show: 'plain' }
    case 'Tasks.contact_email':
    case 'Notes.contact_email': {
      const contacts = catalog.byName.get('Contacts')
      return contacts && { kind: 'relatedEmail', key: 'contact_id', module: contacts }
    }
    case 'Tasks.contact_phone':
    case 'Notes.contact_phone':
      return related('contact_id', 'Contacts', 'phone_work')
    case 'Emails.description':
      return { kind: 'emailText', column: 'description' }
    case 'Emails.description_html':
      return { kind: 'emailText', column: 'description_html' }
    case 'Emails.from_addr_name':
      return { kind: 'emailText', column: 'from_addr' }
    case 'Emails.reply_to_addr':
      return { kind: 'emailText', column: 'reply_to_addr' }
    case 'Emails.to_addrs_names':
      return { kind: 'emailText', column: 'to_addrs' }
    case 'Emails.cc_addrs_names':
      return { kind: 'emailText', column: 'cc_addrs' }
    case 'Emails.bcc_addrs_names':
      return { kind: 'emailText', column: 'bcc_addrs' }
    case 'Emails.raw_source':
      return { kind: 'emailText', column: 'raw_source' }
    case 'Documents.name':
      return { kind: 'same', field: 'document_name' }
    case 'Documents.status':
      return { kind: 'same', field: 'status_id' }
    case 'Documents.filename':
      return related('document_revision_id', 'DocumentRevisions', 'filename')
    case 'Documents.revision':
      return related('document_revision_id', 'DocumentRevisions', 'revision')
    case 'Documents.last_rev_create_date':
      return related('document_revision_id', 'DocumentRevisions', 'date_entered')
    case 'Documents.last_rev_mime_type':
      return related('document_revision_id', 'DocumentRevisions', 'file_mime_type')
    case 'Documents.last_rev_created_name':
      return related('document_revision_id', 'DocumentRevisions', 'created_by_name')
    case 'Documents.related_doc_name':
      return related('related_doc_id', 'Documents')
    case 'Documents.related_doc_rev_number':
      return related('related_doc_rev_id', 'DocumentRevisions', 'revision')
    case 'DocumentRevisions.document_name':
      return related('document_id', 'Documents')
    case 'ProspectLists.entry_count':
      return { kind: 'count', link: 'prospects' }
    case 'Project.total_estimated_effort':
      return { kind: 'sum', link: 'projecttask', field: 'estimated_effort' }
    case 'Project.total_actual_effort':
      return { kind: 'sum', link: 'projecttask', field: 'actual_effort' }
    case 'CampaignLog.campaign_name':
      return related('campaign_id', 'Campaigns')
    default:
      return undefined
  }
}

const isColumn = (module: Module, name: string) => {
  const field = fieldOf(module, name)
  return field !== undefined && isStored(field)
}

const hasDisplay = (module: Module) => displayFields(module).length > 0

const isJoin = (catalog: Catalog, module: Module, link: string) => catalog.links(module).get(link)?.via.kind === 'join'
