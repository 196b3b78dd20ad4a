import { relationshipLinks } from './links.ts'
import { exampleId } from './resource-schemas.ts'
import { moduleActions } from './tabs.ts'
import type { Views } from './views.ts'

/** An example of what each operation answers, by the operation's name. */
export function documentExamples(views: Views): Readonly<Record<string, unknown>> {
  const accounts = views.catalog.byName.get('Accounts')
  const message = (text: string) => ({ meta: { message: text }, data: [] })
  if (!accounts) return {}
  const record = {
    type: accounts.objectName,
    id: exampleId,
    attributes: { name: 'Acme', date_entered: '2030-03-04T10:30:00+00:00', account_type: 'Customer' },
    relationships: Object.fromEntries(
      relationshipLinks(accounts).map(([module, link]) => [
        module,
        { links: { related: `V8/module/Accounts/${exampleId}/relationships/${link}` } },
      ]),
    ),
  }
  const page = (number: number) => `V8/module/Accounts?page[size]=1&page[number]=${number}`
  return {
    getRecord: { data: record },
    createRecord: { data: record },
    updateRecord: { data: record },
    getRecords: {
      meta: { 'total-pages': 2, 'records-on-this-page': 1 },
      data: [record],
      links: { first: null, prev: null, next: page(2), last: page(2) },
    },
    getRelationship: message('There is no relationship set in Account module with contacts link field'),
    deleteRecord: message(`Record with id ${exampleId} is deleted`),
    logout: message('You have been successfully logged out'),
    getModuleList: {
      data: { type: 'modules', attributes: { Accounts: { label: accounts.label, access: moduleActions } } },
    },
    getFieldList: {
      data: { type: 'fields', attributes: { name: { type: 'name', dbType: 'varchar', required: true } } },
    },
  }
}
