import { defineModule } from '../module.ts'
import { securable } from '../templates.ts'

export const emailTemplates = defineModule({
  name: 'EmailTemplates',
  label: 'Email - Templates',
  beanClass: 'EmailTemplate',
  table: 'email_templates',
  graphql: { type: 'EmailTemplate', one: 'emailTemplate', many: 'emailTemplates' },
  fields: {
    ...securable('emailtemplates'),
    id: { vname: 'LBL_ID', kind: 'id', required: true, comment: 'Unique identifier', label: 'ID' },
    date_entered: { vname: 'LBL_DATE_ENTERED', kind: 'datetime', required: true, comment: 'Date record created', label: 'Date Created:' },
    date_modified: { vname: 'LBL_DATE_MODIFIED', kind: 'datetime', required: true, comment: 'Date record last modified', label: 'Date Modified:' },
    modified_user_id: { vname: 'LBL_ASSIGNED_TO', kind: 'assigned_user_name', db: 'id', comment: 'User who last modified record', label: 'Assigned to:', idName: 'modified_user_id', rname: 'user_name' },
    created_by: { vname: 'LBL_CREATED_BY', kind: 'varchar', len: '36', comment: 'User who created record', label: 'Created By' },
    published: { vname: 'LBL_PUBLISHED', kind: 'varchar', len: '3', comment: '', label: 'Published' },
    name: { vname: 'LBL_NAME', kind: 'varchar', len: '255', comment: 'Email template name', required: true, label: 'Name:' },
    description: { vname: 'LBL_DESCRIPTION', kind: 'text', comment: 'Email template description', label: 'Description:' },
    subject: { vname: 'LBL_SUBJECT', kind: 'varchar', len: '255', comment: 'Email subject to be used in resulting email', label: 'Subject:' },
    body: { vname: 'LBL_BODY', kind: 'longtext', comment: 'Plain text body to be used in resulting email', label: 'Body:' },
    body_html: { vname: 'LBL_PLAIN_TEXT', kind: 'longtext', comment: 'HTML formatted email body to be used in resulting email', label: 'Plain Text' },
    deleted: { vname: 'LBL_DELETED', kind: 'bool', required: false, comment: 'Record deletion indicator', label: 'Deleted' },
    assigned_user_id: { vname: 'LBL_ASSIGNED_TO_ID', kind: 'relate', db: 'id', comment: 'User ID assigned to record', label: 'Assigned To', module: 'Users', idName: 'assigned_user_id', rname: 'user_name', audited: true },
    assigned_user_name: { vname: 'LBL_ASSIGNED_TO_NAME', kind: 'relate', source: 'non-db', label: 'Assigned to', module: 'Users', link: 'assigned_user_link', idName: 'assigned_user_id', rname: 'user_name' },
    assigned_user_link: { kind: 'link', relationship: 'emailtemplates_assigned_user', vname: 'LBL_ASSIGNED_TO_USER', source: 'non-db', label: 'Assigned to User', module: 'Users', idName: 'assigned_user_id', rname: 'user_name', linkType: 'one', bean: 'User' },
    text_only: { vname: 'LBL_TEXT_ONLY', kind: 'bool', required: false, comment: 'Should be checked if email template is to be sent in text only', label: 'Text Only' },
    type: { vname: 'LBL_TYPE', kind: 'enum', required: false, comment: 'Type of the email template', label: 'Type', options: 'emailTemplates_type_list' },
  },
})
