import type { Catalog } from './catalog.ts'
import { derivationOf } from './derive.ts'
import { isStored, type Field, type FieldKind, type StoredAs } from './field.ts'
import { fieldOf, type Module } from './module.ts'

/** The GraphQL scalars that fields are made of. */
export type Scalar = 'ID' | 'String' | 'Boolean' | 'Int' | 'Float' | 'Decimal' | 'Date' | 'DateTime' | 'Time'

const byStorage = {
  id: 'ID',
  varchar: 'String',
  int: 'Int',
  double: 'Float',
  datetime: 'DateTime',
} satisfies Record<StoredAs, Scalar>

const byKind = {
  id: 'ID',
  name: 'String',
  user_name: 'String',
  fullname: 'String',
  varchar: 'String',
  text: 'String',
  longtext: 'String',
  emailbody: 'String',
  phone: 'String',
  url: 'String',
  email: 'String',
  enum: 'String',
  dynamicenum: 'String',
  multienum: 'String',
  parent_type: 'String',
  bool: 'Boolean',
  int: 'Int',
  float: 'Float',
  currency: 'Decimal',
  date: 'Date',
  datetime: 'DateTime',
  datetimecombo: 'DateTime',
  time: 'Time',
  relate: 'String',
  assigned_user_name: 'ID',
  parent: 'String',
  link: 'ID',
  file: 'String',
  image: 'String',
  function: 'String',
  readonly: 'String',
  none: 'String',
} satisfies Record<FieldKind, Scalar>

/** The scalar of a field. A derived field has that of the field it shows. */
export function scalarOf(catalog: Catalog, module: Module, name: string): Scalar {
  const field = fieldOf(module, name)
  if (!field) return 'String'
  if (isStored(field)) return storedScalar(field)
  const derivation = derivationOf(catalog, module, name)
  switch (derivation?.kind) {
    case 'related':
      return isName(derivation.show) ? 'String' : scalarOf(catalog, derivation.module, derivation.show)
    case 'linked':
      return derivation.show === 'id' ? 'ID' : 'String'
    case 'same':
      return scalarOf(catalog, module, derivation.field)
    case 'email':
      return derivation.show === 'email_address' ? 'String' : 'Boolean'
    case 'count':
    case 'sum':
      return 'Int'
    default:
      return 'String'
  }
}

const isName = (show: string) => show === 'display' || show === 'plain'

function storedScalar(field: Field): Scalar {
  if (field.db) return byStorage[field.db]
  // An exact number of places is kept exactly.
  if (field.kind === 'float' && field.precision !== undefined) return 'Decimal'
  return byKind[field.kind]
}
