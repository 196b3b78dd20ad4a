import { defineModule } from '../module.ts'

export const currencies = defineModule({
  name: 'Currencies',
  label: 'Currencies',
  beanClass: 'Currency',
  table: 'currencies',
  graphql: { type: 'Currency', one: 'currency', many: 'currencies' },
  fields: {
    id: { vname: 'LBL_NAME', kind: 'id', comment: 'Unique identifer', required: true, label: 'Name' },
    name: { vname: 'LBL_LIST_NAME', kind: 'varchar', len: '36', comment: 'Name of the currency', required: true, label: 'Currency Name' },
    symbol: { vname: 'LBL_LIST_SYMBOL', kind: 'varchar', len: '36', comment: 'Symbol representing the currency', required: true, label: 'Currency Symbol' },
    iso4217: { vname: 'LBL_LIST_ISO4217', kind: 'varchar', len: '3', comment: '3-letter identifier specified by ISO 4217 (ex: USD)', label: 'ISO 4217 Code' },
    conversion_rate: { vname: 'LBL_LIST_RATE', kind: 'float', db: 'double', default: '0', comment: 'Conversion rate factor (relative to stored value)', required: true, label: 'Conversion Rate' },
    status: { vname: 'LBL_STATUS', kind: 'enum', db: 'varchar', len: 100, comment: 'Currency status', label: 'Status:', options: 'currency_status_dom' },
    deleted: { vname: 'LBL_DELETED', kind: 'bool', comment: 'Record deletion indicator', required: false, label: 'Deleted' },
    date_entered: { vname: 'LBL_DATE_ENTERED', kind: 'datetime', comment: 'Date record created', required: true, label: 'Date Created:' },
    date_modified: { vname: 'LBL_DATE_MODIFIED', kind: 'datetime', comment: 'Date record last modified', required: true, label: 'Date Modified:' },
    created_by: { vname: 'LBL_CREATED_BY', kind: 'id', len: '36', comment: 'User ID who created record', required: true, label: 'Created By' },
    hide: { kind: 'varchar', len: 25, source: 'non-db' },
    unhide: { kind: 'varchar', len: 25, source: 'non-db' },
  },
})
