import { defineModule } from '../module.ts'

export const emailAddresses = defineModule({
  name: 'EmailAddresses',
  label: 'Email Address',
  beanClass: 'EmailAddress',
  table: 'email_addresses',
  graphql: { type: 'EmailAddress', one: 'emailAddress', many: 'emailAddresses' },
  audited: true,
  fields: {
    id: { vname: 'LBL_EMAIL_ADDRESS_ID', kind: 'id', required: true, label: 'ID' },
    email_address: { vname: 'LBL_EMAIL_ADDRESS', kind: 'varchar', required: true, label: 'Email Address' },
    email_address_caps: { vname: 'LBL_EMAIL_ADDRESS_CAPS', kind: 'varchar', required: true, label: 'Email Address caps' },
    invalid_email: { vname: 'LBL_INVALID_EMAIL', kind: 'bool', default: 0, label: 'Invalid Email' },
    opt_out: { vname: 'LBL_OPT_OUT', kind: 'bool', default: 0, label: 'Opted Out', audited: true },
    confirm_opt_in: { vname: 'LBL_CONFIRM_OPT_IN', kind: 'enum', default: 'not-opt-in', label: 'Confirm Opt In', options: 'email_settings_opt_in_dom', audited: true },
    confirm_opt_in_date: { vname: 'LBL_CONFIRM_OPT_IN_DATE', kind: 'datetime', label: 'Confirmed Opt In Date' },
    confirm_opt_in_sent_date: { vname: 'LBL_CONFIRM_OPT_IN_SENT_DATE', kind: 'datetime', label: 'Confirmed Opt In Sent Date' },
    confirm_opt_in_fail_date: { vname: 'LBL_CONFIRM_OPT_IN_FAIL_DATE', kind: 'datetime', label: 'Confirmed Opt In Fail Date' },
    confirm_opt_in_token: { vname: 'LBL_CONFIRM_OPT_IN_TOKEN', kind: 'varchar', len: 255, label: 'Confirm Opt In Token' },
    date_created: { vname: 'LBL_DATE_CREATE', kind: 'datetime', label: 'Date Create' },
    date_modified: { vname: 'LBL_DATE_MODIFIED', kind: 'datetime', label: 'Date Modified' },
    deleted: { vname: 'LBL_DELETED', kind: 'bool', default: 0, label: 'Delete' },
  },
})
