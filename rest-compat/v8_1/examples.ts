import type { Catalog } from '../../schema/catalog.ts'
import { atomicType } from './media.ts'
import type { ShapeOf } from './shape.ts'

const id = '00000000-0000-4000-8000-000000000001'
const relatedId = '00000000-0000-4000-8000-000000000002'

/** Examples of what operations answer, by their names, and of what they are sent: `createRecord body`. */
export function documentExamples(catalog: Catalog, shapeOf: ShapeOf): Readonly<Record<string, unknown>> {
  const accounts = catalog.byName.get('Accounts')
  if (!accounts || !shapeOf(accounts).links.has('contacts')) return {}
  const jsonapi = { version: '1.1' }
  const self = `/Api/V8/module/Accounts/${id}`
  const record = {
    type: 'Accounts',
    id,
    attributes: { name: 'Acme', date_entered: '2030-03-04T10:30:00Z', account_type: 'Customer', website: null },
    relationships: { contacts: { links: { self: `${self}/relationships/contacts`, related: `${self}/contacts` } } },
    links: { self },
    meta: { version: 1 },
  }
  const page = { self: '/Api/V8/module/Accounts', first: '/Api/V8/module/Accounts', prev: null, next: null }
  const contact = { type: 'Contacts', id: relatedId }
  const attributes = { name: 'Acme', account_type: 'Customer' }
  const document = { jsonapi, data: record, links: { self } }
  const linkage = `${self}/relationships/contacts`
  return {
    readRecord: document,
    createRecord: document,
    createOfType: document,
    updateRecord: document,
    updateOfType: document,
    listRecords: { jsonapi, data: [record], links: page },
    readLinkage: {
      jsonapi,
      data: [contact],
      links: { self: linkage, first: linkage, prev: null, next: null, related: `${self}/contacts` },
    },
    'createRecord body': { data: { type: 'Accounts', attributes } },
    'createOfType body': { data: { type: 'Accounts', attributes } },
    'updateRecord body': { data: { type: 'Accounts', id, attributes } },
    'updateOfType body': { data: { type: 'Accounts', id, attributes } },
    'addToLink body': { data: [contact] },
    'takeFromLink body': { data: [contact] },
    'setLink body': { data: { type: 'Accounts', id } },
    [`runOperations body ${atomicType}`]: {
      'atomic:operations': [
        { op: 'add', data: { type: 'Accounts', lid: 'acme', attributes } },
        { op: 'add', data: { type: 'Contacts', lid: 'ann', attributes: { last_name: 'Ann' } } },
        {
          op: 'add',
          ref: { type: 'Accounts', lid: 'acme', relationship: 'contacts' },
          data: [{ type: 'Contacts', lid: 'ann' }],
        },
      ],
    },
    'startExport body': {
      data: {
        type: 'exports',
        attributes: {
          module: 'Accounts',
          fields: ['name', 'website'],
          filter: { name: { like: 'A%' } },
          format: 'csv',
        },
      },
    },
    'startBulk body application/json': [{ id, name: 'Acme' }, { name: 'Bolts & Co' }],
    'startBulk body application/x-ndjson': `{"id":"${id}","name":"Acme"}\n{"name":"Bolts & Co"}\n`,
    'startBulk body text/csv': `id,name\r\n${id},Acme\r\n,Bolts & Co\r\n`,
  }
}
