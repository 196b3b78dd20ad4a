import { defineModule } from '../module.ts'
import { securable } from '../templates.ts'

export const aclRoles = defineModule({
  name: 'ACLRoles',
  label: 'Roles',
  beanClass: 'ACLRole',
  table: 'acl_roles',
  graphql: { type: 'Role', one: 'role', many: 'roles' },
  fields: {
    id: { vname: 'LBL_ID', required: true, kind: 'id', comment: 'Unique identifier', label: 'ID' },
    date_entered: { vname: 'LBL_DATE_ENTERED', kind: 'datetime', required: true, comment: 'Date record created', label: 'Date Created:' },
    date_modified: { vname: 'LBL_DATE_MODIFIED', kind: 'datetime', required: true, comment: 'Date record last modified', label: 'Date Modified:' },
    modified_user_id: { vname: 'LBL_MODIFIED', kind: 'assigned_user_name', db: 'id', required: false, len: 36, comment: 'User who last modified record', label: 'Modified by', idName: 'modified_user_id', rname: 'user_name' },
    created_by: { vname: 'LBL_CREATED', kind: 'assigned_user_name', db: 'id', len: 36, comment: 'User who created record', label: 'Created by', idName: 'created_by', rname: 'user_name' },
    name: { kind: 'varchar', vname: 'LBL_NAME', len: 150, comment: 'The role name', label: 'Name' },
    description: { vname: 'LBL_DESCRIPTION', kind: 'text', comment: 'The role description', label: 'Description' },
    deleted: { vname: 'LBL_DELETED', kind: 'bool', comment: 'Record deletion indicator', label: 'Deleted' },
    users: { kind: 'link', relationship: 'acl_roles_users', source: 'non-db', vname: 'LBL_USERS', label: 'Users' },
    actions: { kind: 'link', relationship: 'acl_roles_actions', source: 'non-db', vname: 'LBL_USERS', label: 'Users' },
    ...securable('acl_roles'),
  },
})
