import { defineModule } from '../module.ts'

export const campaignTrackers = defineModule({
  name: 'CampaignTrackers',
  label: '',
  beanClass: 'CampaignTracker',
  table: 'campaign_trkrs',
  graphql: { type: 'CampaignTracker', one: 'campaignTracker', many: 'campaignTrackers' },
  fields: {
    id: { vname: 'LBL_ID', kind: 'id', required: true, comment: 'Unique identifier', label: 'Id' },
    tracker_name: { vname: 'LBL_TRACKER_NAME', kind: 'varchar', len: '255', comment: 'The name of the campaign tracker', label: 'Tracker Name' },
    tracker_url: { vname: 'LBL_TRACKER_URL', kind: 'varchar', len: '255', default: 'http://', comment: 'The URL that represents the landing page when the tracker URL in the campaign email is clicked', label: 'Tracker URL' },
    tracker_key: { vname: 'LBL_TRACKER_KEY', kind: 'int', len: '11', required: true, comment: 'Internal key to uniquely identifier the tracker URL', label: 'Tracker Key', autoIncrement: true },
    campaign_id: { vname: 'LBL_CAMPAIGN_ID', kind: 'id', required: false, comment: 'The ID of the campaign', label: 'Campaign Id' },
    date_entered: { vname: 'LBL_DATE_ENTERED', kind: 'datetime', required: true, comment: 'Date record created', label: 'Date Entered' },
    date_modified: { vname: 'LBL_DATE_MODIFIED', kind: 'datetime', required: true, comment: 'Date record last modified', label: 'Date Modified' },
    modified_user_id: { vname: 'LBL_MODIFIED_USER_ID', db: 'id', kind: 'id', comment: 'User who last modified record', label: 'Modified User Id' },
    created_by: { vname: 'LBL_CREATED_BY', kind: 'assigned_user_name', db: 'id', comment: 'User ID who created record', label: 'Created By' },
    is_optout: { vname: 'LBL_OPTOUT', kind: 'bool', required: true, default: '0', comment: 'Indicator whether tracker URL represents an opt-out link', label: 'Opt-out' },
    deleted: { vname: 'LBL_DELETED', kind: 'bool', required: false, default: '0', comment: 'Record deletion indicator', label: 'Deleted' },
    campaign: { kind: 'link', relationship: 'campaign_campaigntrakers', source: 'non-db', vname: 'LBL_CAMPAIGN', label: 'Campaign' },
  },
})
