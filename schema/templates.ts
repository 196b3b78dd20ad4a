import type { Fields } from './field.ts'

// Table of data: the groups of fields that modules share. Key order inside a field is meaningful, see field.ts.

/** A person: names, telephones, addresses, e-mail and consent. `rel` is the prefix of its relationship names, e.g. `accounts`. */
export const person = (rel: string) =>
  ({
    salutation: { vname: 'LBL_SALUTATION', kind: 'enum', len: '255', comment: 'Contact salutation (e.g., Mr, Ms)', label: 'Salutation:', options: 'salutation_dom' },
    first_name: { vname: 'LBL_FIRST_NAME', kind: 'varchar', len: '100', comment: 'First name of the contact', label: 'First Name:', search: true },
    last_name: { vname: 'LBL_LAST_NAME', kind: 'varchar', len: '100', comment: 'Last name of the contact', required: true, label: 'Last Name:', search: true },
    full_name: { vname: 'LBL_NAME', kind: 'fullname', source: 'non-db', len: '510', label: 'Name:', rname: 'full_name' },
    title: { vname: 'LBL_TITLE', kind: 'varchar', len: '100', comment: 'The title of the contact', label: 'Job Title:' },
    photo: { vname: 'LBL_PHOTO', kind: 'image', len: 255, db: 'varchar', label: 'Photo' },
    department: { vname: 'LBL_DEPARTMENT', kind: 'varchar', len: '255', comment: 'The department of the contact', label: 'Department:' },
    do_not_call: { vname: 'LBL_DO_NOT_CALL', kind: 'bool', default: '0', comment: 'An indicator of whether contact can be called', label: 'Do Not Call:', audited: true },
    phone_home: { vname: 'LBL_HOME_PHONE', kind: 'phone', db: 'varchar', len: 100, comment: 'Home phone number of the contact', label: 'Home:', search: true },
    email: { kind: 'email', source: 'non-db', vname: 'LBL_ANY_EMAIL', label: 'Any Email:' },
    phone_mobile: { vname: 'LBL_MOBILE_PHONE', kind: 'phone', db: 'varchar', len: 100, comment: 'Mobile phone number of the contact', label: 'Mobile:', search: true },
    phone_work: { vname: 'LBL_OFFICE_PHONE', kind: 'phone', db: 'varchar', len: 100, comment: 'Work phone number of the contact', label: 'Office Phone:', audited: true, search: true },
    phone_other: { vname: 'LBL_OTHER_PHONE', kind: 'phone', db: 'varchar', len: 100, comment: 'Other phone number for the contact', label: 'Other Phone:', search: true },
    phone_fax: { vname: 'LBL_FAX_PHONE', kind: 'phone', db: 'varchar', len: 100, comment: 'Contact fax number', label: 'Fax:', search: true },
    email1: { vname: 'LBL_EMAIL_ADDRESS', kind: 'varchar', source: 'non-db', label: 'Email Address:' },
    email2: { vname: 'LBL_OTHER_EMAIL_ADDRESS', kind: 'varchar', source: 'non-db', label: 'Other Email:' },
    invalid_email: { vname: 'LBL_INVALID_EMAIL', source: 'non-db', kind: 'bool', label: 'Invalid Email:' },
    email_opt_out: { vname: 'LBL_EMAIL_OPT_OUT', source: 'non-db', kind: 'bool', label: 'Email Opt Out:' },
    lawful_basis: { vname: 'LBL_LAWFUL_BASIS', kind: 'multienum', len: 100, label: 'Lawful Basis', options: 'lawful_basis_dom', audited: true },
    date_reviewed: { vname: 'LBL_DATE_REVIEWED', kind: 'date', label: 'Lawful Basis Date Reviewed', audited: true },
    lawful_basis_source: { vname: 'LBL_LAWFUL_BASIS_SOURCE', kind: 'enum', len: 100, label: 'Lawful Basis Source', options: 'lawful_basis_source_dom', audited: true },
    primary_address_street: { vname: 'LBL_PRIMARY_ADDRESS_STREET', kind: 'varchar', len: '150', comment: 'Street address for primary address', label: 'Primary Address Street:' },
    primary_address_street_2: { vname: 'LBL_PRIMARY_ADDRESS_STREET_2', kind: 'varchar', len: '150', source: 'non-db', label: 'Primary Address Street 2:' },
    primary_address_street_3: { vname: 'LBL_PRIMARY_ADDRESS_STREET_3', kind: 'varchar', len: '150', source: 'non-db', label: 'Primary Address Street 3:' },
    primary_address_city: { vname: 'LBL_PRIMARY_ADDRESS_CITY', kind: 'varchar', len: '100', comment: 'City for primary address', label: 'Primary Address City:' },
    primary_address_state: { vname: 'LBL_PRIMARY_ADDRESS_STATE', kind: 'varchar', len: '100', comment: 'State for primary address', label: 'Primary Address State:' },
    primary_address_postalcode: { vname: 'LBL_PRIMARY_ADDRESS_POSTALCODE', kind: 'varchar', len: '20', comment: 'Postal code for primary address', label: 'Primary Address Postal Code:' },
    primary_address_country: { vname: 'LBL_PRIMARY_ADDRESS_COUNTRY', kind: 'varchar', comment: 'Country for primary address', label: 'Primary Address Country:' },
    alt_address_street: { vname: 'LBL_ALT_ADDRESS_STREET', kind: 'varchar', len: '150', comment: 'Street address for alternate address', label: 'Alternate Address Street:' },
    alt_address_street_2: { vname: 'LBL_ALT_ADDRESS_STREET_2', kind: 'varchar', len: '150', source: 'non-db', label: 'Alternate Address Street 2:' },
    alt_address_street_3: { vname: 'LBL_ALT_ADDRESS_STREET_3', kind: 'varchar', len: '150', source: 'non-db', label: 'Alternate Address Street 3:' },
    alt_address_city: { vname: 'LBL_ALT_ADDRESS_CITY', kind: 'varchar', len: '100', comment: 'City for alternate address', label: 'Alternate Address City:' },
    alt_address_state: { vname: 'LBL_ALT_ADDRESS_STATE', kind: 'varchar', len: '100', comment: 'State for alternate address', label: 'Alternate Address State:' },
    alt_address_postalcode: { vname: 'LBL_ALT_ADDRESS_POSTALCODE', kind: 'varchar', len: '20', comment: 'Postal code for alternate address', label: 'Alternate Address Postal Code:' },
    alt_address_country: { vname: 'LBL_ALT_ADDRESS_COUNTRY', kind: 'varchar', comment: 'Country for alternate address', label: 'Alternate Address Country:' },
    assistant: { vname: 'LBL_ASSISTANT', kind: 'varchar', len: '75', comment: 'Name of the assistant of the contact', label: 'Assistant:', search: true },
    assistant_phone: { vname: 'LBL_ASSISTANT_PHONE', kind: 'phone', db: 'varchar', len: 100, comment: 'Phone number of the assistant of the contact', label: 'Assistant Phone:', search: true },
    email_addresses_primary: { kind: 'link', relationship: `${rel}_email_addresses_primary`, source: 'non-db', vname: 'LBL_EMAIL_ADDRESS_PRIMARY', label: 'Email Address' },
    email_addresses: { kind: 'link', relationship: `${rel}_email_addresses`, source: 'non-db', vname: 'LBL_EMAIL_ADDRESSES', label: 'Email', module: 'EmailAddress', bean: 'EmailAddress', joinFields: { primary_address: { type: 'bool' } }, search: true },
    email_addresses_non_primary: { kind: 'email', source: 'non-db', vname: 'LBL_EMAIL_NON_PRIMARY', label: 'Non Primary E-mails' },
  }) satisfies Fields

/** What every record has: id, name, time stamps, who made and changed it, the deletion flag. `rel` is the prefix of its relationship names, e.g. `accounts`. */
export const basic = (rel: string) =>
  ({
    id: { vname: 'LBL_ID', kind: 'id', required: true, comment: 'Unique identifier', label: 'ID' },
    name: { kind: 'name', db: 'varchar', vname: 'LBL_NAME', len: 150, comment: 'Name of the Company', required: true, label: 'Name:', audited: true, search: true },
    date_entered: { vname: 'LBL_DATE_ENTERED', kind: 'datetime', comment: 'Date record created', label: 'Date Created:', options: 'date_range_search_dom' },
    date_modified: { vname: 'LBL_DATE_MODIFIED', kind: 'datetime', comment: 'Date record last modified', label: 'Date Modified:', options: 'date_range_search_dom' },
    modified_user_id: { vname: 'LBL_MODIFIED', kind: 'assigned_user_name', db: 'id', comment: 'User who last modified record', label: 'Modified By', idName: 'modified_user_id', rname: 'user_name' },
    modified_by_name: { vname: 'LBL_MODIFIED_NAME', kind: 'relate', source: 'non-db', label: 'Modified By Name', module: 'Users', link: 'modified_user_link', idName: 'modified_user_id', rname: 'user_name' },
    created_by: { vname: 'LBL_CREATED', kind: 'assigned_user_name', db: 'id', comment: 'User who created record', label: 'Created By', idName: 'modified_user_id', rname: 'user_name' },
    created_by_name: { vname: 'LBL_CREATED', kind: 'relate', source: 'non-db', label: 'Created By', module: 'Users', link: 'created_by_link', idName: 'created_by', rname: 'user_name' },
    description: { vname: 'LBL_DESCRIPTION', kind: 'text', comment: 'Full text of the note', label: 'Description:' },
    deleted: { vname: 'LBL_DELETED', kind: 'bool', default: '0', comment: 'Record deletion indicator', label: 'Deleted' },
    created_by_link: { kind: 'link', relationship: `${rel}_created_by`, vname: 'LBL_CREATED_BY_USER', source: 'non-db', label: 'Created by User', module: 'Users', linkType: 'one', bean: 'User' },
    modified_user_link: { kind: 'link', relationship: `${rel}_modified_user`, vname: 'LBL_MODIFIED_BY_USER', source: 'non-db', label: 'Modified by User', module: 'Users', linkType: 'one', bean: 'User' },
  }) satisfies Fields

/** A record that belongs to a user. `rel` is the prefix of its relationship names, e.g. `accounts`. */
export const assignable = (rel: string) =>
  ({
    assigned_user_id: { vname: 'LBL_ASSIGNED_TO_ID', kind: 'relate', db: 'id', comment: 'User ID assigned to record', label: 'Assigned User:', module: 'Users', idName: 'assigned_user_id', rname: 'user_name', audited: true },
    assigned_user_name: { vname: 'LBL_ASSIGNED_TO_NAME', kind: 'relate', source: 'non-db', label: 'Assigned to:', module: 'Users', link: 'assigned_user_link', idName: 'assigned_user_id', rname: 'user_name' },
    assigned_user_link: { kind: 'link', relationship: `${rel}_assigned_user`, vname: 'LBL_ASSIGNED_TO_USER', source: 'non-db', label: 'Assigned to User', module: 'Users', idName: 'assigned_user_id', rname: 'user_name', linkType: 'one', bean: 'User' },
  }) satisfies Fields

/** A record that security groups can be put on. `rel` is the prefix of its relationship names, e.g. `accounts`. */
export const securable = (rel: string) =>
  ({
    SecurityGroups: { kind: 'link', relationship: `securitygroups_${rel}`, source: 'non-db', vname: 'LBL_SECURITYGROUPS', label: 'Security Groups', module: 'SecurityGroups', bean: 'SecurityGroup' },
  }) satisfies Fields

/** A place on the map: the custom fields that every installation of SuiteCRM starts with. */
export const mapped = () =>
  ({
    jjwg_maps_address_c: { required: false, source: 'custom_fields', vname: 'LBL_JJWG_MAPS_ADDRESS', kind: 'varchar', default: null, len: '255', label: 'Address' },
    jjwg_maps_geocode_status_c: { required: false, source: 'custom_fields', vname: 'LBL_JJWG_MAPS_GEOCODE_STATUS', kind: 'varchar', default: null, len: '255', label: 'Geocode Status' },
    jjwg_maps_lat_c: { required: false, source: 'custom_fields', vname: 'LBL_JJWG_MAPS_LAT', kind: 'float', default: '0.00000000', len: '10', precision: '8', label: 'Latitude' },
    jjwg_maps_lng_c: { required: false, source: 'custom_fields', vname: 'LBL_JJWG_MAPS_LNG', kind: 'float', default: '0.00000000', len: '11', precision: '8', label: 'Longitude' },
  }) satisfies Fields
