import { defineModule } from '../module.ts'

export const campaignTrackers = defineModule({
  name: 'CampaignTrackers',
  label: '',
  beanClass: 'CampaignTracker',
  table: 'campaign_trkrs',
  graphql: { type: 'CampaignTracker', one: 'campaignTracker', many: 'campaignTrackers' },
  fields: {
    id: { vname: 'LBL_ID', kind: 'id', comment: 'Unique identifier', required: true, label: 'Id' },
    tracker_name: { vname: 'LBL_TRACKER_NAME', kind: 'varchar', len: '255', comment: 'The name of the campaign tracker', label: 'Tracker Name' },
    tracker_url: { vname: 'LBL_TRACKER_URL', kind: 'varchar', len: '255', default: 'http://', comment: 'The URL that represents the landing page when the tracker URL in the campaign email is clicked', label: 'Tracker URL' },
    tracker_key: { vname: 'LBL_TRACKER_KEY', kind: 'int', len: '11', comment: 'Internal key to uniquely identifier the tracker URL', required: true, label: 'Tracker Key', autoIncrement: true },
    campaign_id: { vname: 'LBL_CAMPAIGN_ID', kind: 'id', comment: 'The ID of the campaign', required: false, label: 'Campaign Id' },
    date_entered: { vname: 'LBL_DATE_ENTERED', kind: 'datetime', comment: 'Date record created', required: true, label: 'Date Entered' },
    date_modified: { vname: 'LBL_DATE_MODIFIED', kind: 'datetime', comment: 'Date record last modified', required: true, label: 'Date Modified' },
    modified_user_id: { vname: 'LBL_MODIFIED_USER_ID', kind: 'id', db: 'id', comment: 'User who last modified record', label: 'Modified User Id' },
    created_by: { vname: 'LBL_CREATED_BY', kind: 'assigned_user_name', db: 'id', comment: 'User ID who created record', label: 'Created By' },
    is_optout: { vname: 'LBL_OPTOUT', kind: 'bool', default: '0', comment: 'Indicator whether tracker URL represents an opt-out link', required: true, label: 'Opt-out' },
    deleted: { vname: 'LBL_DELETED', kind: 'bool', default: '0', comment: 'Record deletion indicator', required: false, label: 'Deleted' },
    campaign: { vname: 'LBL_CAMPAIGN', kind: 'link', relationship: 'campaign_campaigntrakers', source: 'non-db', label: 'Campaign' },
  },
})
