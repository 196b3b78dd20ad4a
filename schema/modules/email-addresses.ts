import { defineModule } from '../module.ts'

export const emailAddresses = defineModule({
  name: 'EmailAddresses',
  label: 'Email Address',
  beanClass: 'EmailAddress',
  table: 'email_addresses',
  graphql: { type: 'EmailAddress', one: 'emailAddress', many: 'emailAddresses' },
  audited: true,
  fields: {
    id: { kind: 'id', vname: 'LBL_EMAIL_ADDRESS_ID', required: true, label: 'ID' },
    email_address: { kind: 'varchar', vname: 'LBL_EMAIL_ADDRESS', required: true, label: 'Email Address' },
    email_address_caps: { kind: 'varchar', vname: 'LBL_EMAIL_ADDRESS_CAPS', required: true, label: 'Email Address caps' },
    invalid_email: { kind: 'bool', default: 0, vname: 'LBL_INVALID_EMAIL', label: 'Invalid Email' },
    opt_out: { kind: 'bool', default: 0, vname: 'LBL_OPT_OUT', label: 'Opted Out', audited: true },
    confirm_opt_in: { kind: 'enum', default: 'not-opt-in', vname: 'LBL_CONFIRM_OPT_IN', label: 'Confirm Opt In', options: 'email_settings_opt_in_dom', audited: true },
    confirm_opt_in_date: { kind: 'datetime', vname: 'LBL_CONFIRM_OPT_IN_DATE', label: 'Confirmed Opt In Date' },
    confirm_opt_in_sent_date: { kind: 'datetime', vname: 'LBL_CONFIRM_OPT_IN_SENT_DATE', label: 'Confirmed Opt In Sent Date' },
    confirm_opt_in_fail_date: { kind: 'datetime', vname: 'LBL_CONFIRM_OPT_IN_FAIL_DATE', label: 'Confirmed Opt In Fail Date' },
    confirm_opt_in_token: { kind: 'varchar', len: 255, vname: 'LBL_CONFIRM_OPT_IN_TOKEN', label: 'Confirm Opt In Token' },
    date_created: { kind: 'datetime', vname: 'LBL_DATE_CREATE', label: 'Date Create' },
    date_modified: { kind: 'datetime', vname: 'LBL_DATE_MODIFIED', label: 'Date Modified' },
    deleted: { kind: 'bool', default: 0, vname: 'LBL_DELETED', label: 'Delete' },
  },
})
