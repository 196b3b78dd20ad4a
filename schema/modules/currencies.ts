import { defineModule } from '../module.ts'

export const currencies = defineModule({
  name: 'Currencies',
  label: 'Currencies',
  beanClass: 'Currency',
  table: 'currencies',
  graphql: { type: 'Currency', one: 'currency', many: 'currencies' },
  fields: {
    id: { vname: 'LBL_NAME', kind: 'id', required: true, comment: 'Unique identifer', label: 'Name' },
    name: { vname: 'LBL_LIST_NAME', kind: 'varchar', len: '36', required: true, comment: 'Name of the currency', label: 'Currency Name' },
    symbol: { vname: 'LBL_LIST_SYMBOL', kind: 'varchar', len: '36', required: true, comment: 'Symbol representing the currency', label: 'Currency Symbol' },
    iso4217: { vname: 'LBL_LIST_ISO4217', kind: 'varchar', len: '3', comment: '3-letter identifier specified by ISO 4217 (ex: USD)', label: 'ISO 4217 Code' },
    conversion_rate: { vname: 'LBL_LIST_RATE', kind: 'float', db: 'double', default: '0', required: true, comment: 'Conversion rate factor (relative to stored value)', label: 'Conversion Rate' },
    status: { vname: 'LBL_STATUS', kind: 'enum', db: 'varchar', len: 100, comment: 'Currency status', label: 'Status:', options: 'currency_status_dom' },
    deleted: { vname: 'LBL_DELETED', kind: 'bool', required: false, comment: 'Record deletion indicator', label: 'Deleted' },
    date_entered: { vname: 'LBL_DATE_ENTERED', kind: 'datetime', required: true, comment: 'Date record created', label: 'Date Created:' },
    date_modified: { vname: 'LBL_DATE_MODIFIED', kind: 'datetime', required: true, comment: 'Date record last modified', label: 'Date Modified:' },
    created_by: { vname: 'LBL_CREATED_BY', kind: 'id', len: '36', required: true, comment: 'User ID who created record', label: 'Created By' },
    hide: { kind: 'varchar', len: 25, source: 'non-db' },
    unhide: { kind: 'varchar', len: 25, source: 'non-db' },
  },
})
