/** A call of a method and what it answers, for the OpenAPI document. */
export type Example = { readonly args: Readonly<Record<string, unknown>>; readonly answer: unknown }

const session = 'k3v9x2m7q4w8z1t6r5y0p2s4d6'
const id = '2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d'
const otherId = '3d6fb5d1-4067-41e9-8bad-9b1deb4d3b7e'
const sum = '0cc175b9c0f1b6a831c399e269772661'
const aFile = { filename: 'plan.txt', file: 'aGVsbG8=' }

const pairs = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { name, value }]))
const account = { id, module_name: 'Accounts', name_value_list: pairs({ id, name: 'Acme' }) }
const contact = pairs({ id: otherId, last_name: 'Lee' })
const contacts = [{ name: 'contacts', value: ['id', 'last_name'] }]
const linkLists = [{ link_list: [{ name: 'contacts', records: [{ link_value: contact }] }] }]
const one = { created: 1, failed: 0, deleted: 0 }
const accounts = { session, module_name: 'Accounts' }
const fieldInfo = {
  name: 'name',
  type: 'name',
  group: '',
  id_name: '',
  label: 'Name:',
  required: 1,
  options: [],
  related_module: '',
  calculated: false,
  len: 150,
}
const noOAuth1: Example = {
  args: {},
  answer: {
    name: 'Invalid Login',
    number: 10,
    description: 'Login attempt failed please check the username and password',
  },
}

/** One example for every method. */
export const examples: Readonly<Record<string, Example>> = {
  login: {
    args: {
      user_auth: { user_name: 'ada', password: '5f4dcc3b5aa765d61d8327deb882cf99' },
      application_name: 'example',
      name_value_list: [],
    },
    answer: { id: session, module_name: 'Users', name_value_list: pairs({ user_id: id, user_name: 'ada' }) },
  },
  logout: { args: { session }, answer: null },
  get_server_info: {
    args: {},
    answer: { flavor: 'CE', version: '6.5.25', suitecrm_version: '7.15.0', gmt_time: '2030-03-04 10:30:00' },
  },
  seamless_login: { args: { session }, answer: 1 },
  get_user_id: { args: { session }, answer: id },
  get_entry: {
    args: { ...accounts, id, select_fields: ['id', 'name'], link_name_to_fields_array: contacts },
    answer: { entry_list: [account], relationship_list: [[{ name: 'contacts', records: [contact] }]] },
  },
  get_entries: {
    args: { ...accounts, ids: [id], select_fields: ['id', 'name'], link_name_to_fields_array: contacts },
    answer: { entry_list: [account], relationship_list: linkLists },
  },
  get_entry_list: {
    args: {
      ...accounts,
      query: "accounts.name LIKE 'A%'",
      order_by: 'name',
      offset: 0,
      select_fields: ['id', 'name'],
      link_name_to_fields_array: contacts,
      max_results: 20,
      deleted: 0,
    },
    answer: {
      result_count: 1,
      total_count: '1',
      next_offset: 1,
      entry_list: [account],
      relationship_list: linkLists,
    },
  },
  get_entries_count: {
    args: { ...accounts, query: "accounts.name LIKE 'A%'", deleted: 0 },
    answer: { result_count: '1' },
  },
  get_relationships: {
    args: {
      ...accounts,
      module_id: id,
      link_field_name: 'contacts',
      related_module_query: '',
      related_fields: ['id', 'last_name'],
      related_module_link_name_to_fields_array: [],
      deleted: 0,
    },
    answer: {
      entry_list: [{ id: otherId, module_name: 'Contacts', name_value_list: contact }],
      relationship_list: [],
    },
  },
  get_modified_relationships: {
    args: {
      session,
      module_name: 'Users',
      related_module: 'Meetings',
      from_date: '2030-03-01 00:00:00',
      to_date: '2030-04-01 00:00:00',
      offset: 0,
      max_results: 100,
    },
    answer: {
      result_count: 0,
      next_offset: 0,
      entry_list: [],
      error: { number: 0, name: 'No Error', description: 'No Error' },
    },
  },
  get_module_fields: {
    args: { ...accounts, fields: ['name'] },
    answer: {
      module_name: 'Accounts',
      table_name: 'accounts',
      module_fields: { name: fieldInfo },
      link_fields: [],
    },
  },
  get_module_fields_md5: { args: accounts, answer: { Accounts: sum } },
  get_available_modules: {
    args: { session, filter: 'default' },
    answer: {
      modules: [
        {
          module_key: 'Accounts',
          module_label: 'Accounts',
          favorite_enabled: false,
          acls: [{ action: 'edit', access: true }],
        },
      ],
    },
  },
  get_module_layout: {
    args: { session, modules: ['Accounts'], types: ['default'], views: ['list'] },
    answer: { Accounts: { default: { list: { NAME: { width: '20%', label: 'LBL_NAME', default: true } } } } },
  },
  get_module_layout_md5: {
    args: { session, modules: ['Accounts'], types: ['default'], views: ['list'] },
    answer: { md5: { Accounts: { default: { list: sum } } } },
  },
  get_language_definition: {
    args: { session, modules: ['Accounts'] },
    answer: { Accounts: { LBL_NAME: 'Name:' } },
  },
  get_last_viewed: {
    args: { session, module_names: ['Accounts'] },
    answer: [
      {
        item_id: id,
        id: '1',
        item_summary: 'Acme',
        module_name: 'Accounts',
        monitor_id: otherId,
        date_modified: '2030-03-04 10:30:00',
      },
    ],
  },
  get_upcoming_activities: {
    args: { session },
    answer: [{ id, module: 'Meetings', date_due: '2030-03-04 10:30:00', summary: 'Kick-off' }],
  },
  search_by_module: {
    args: {
      session,
      search_string: 'Ac',
      modules: ['Accounts'],
      offset: 0,
      max_results: 20,
      select_fields: ['id', 'name'],
    },
    answer: { entry_list: [{ name: 'Accounts', records: [pairs({ id, name: 'Acme' })] }] },
  },
  get_note_attachment: {
    args: { session, id },
    answer: { note_attachment: { id, ...aFile, related_module_id: otherId, related_module_name: 'Accounts' } },
  },
  get_document_revision: {
    args: { session, id },
    answer: { document_revision: { id, document_name: 'Plan', revision: '2', ...aFile } },
  },
  set_entry: {
    args: { ...accounts, name_value_list: [{ name: 'name', value: 'Acme' }] },
    answer: { id, entry_list: pairs({ name: 'Acme' }) },
  },
  set_entries: {
    args: { ...accounts, name_value_lists: [[{ name: 'name', value: 'Acme' }]] },
    answer: { ids: [id] },
  },
  set_relationship: {
    args: { ...accounts, module_id: id, link_field_name: 'contacts', related_ids: [otherId] },
    answer: one,
  },
  set_relationships: {
    args: {
      session,
      module_names: ['Accounts'],
      module_ids: [id],
      link_field_names: ['contacts'],
      related_ids: [[otherId]],
    },
    answer: one,
  },
  set_note_attachment: { args: { session, note: { id, ...aFile } }, answer: { id } },
  set_document_revision: {
    args: { session, document_revision: { id, revision: '2', ...aFile } },
    answer: { id: otherId },
  },
  set_campaign_merge: { args: { session, targets: [id], campaign_id: otherId }, answer: null },
  job_queue_next: { args: { session, clientid: 'worker' }, answer: { results: null } },
  job_queue_cycle: { args: { session, clientid: 'worker' }, answer: { results: 'ok' } },
  job_queue_run: {
    args: { session, jobid: id, clientid: 'worker' },
    answer: { results: false, message: `Job ${id} not found.` },
  },
  oauth_request_token: noOAuth1,
  oauth_access_token: noOAuth1,
  oauth_access: { args: { session }, answer: { id: session } },
}
