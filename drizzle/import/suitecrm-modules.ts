/**
 * The modules of every SuiteCRM, by the names that its `relationships` have for them: read from a fresh installation of
 * SuiteCRM 7.15. What else stands there, an installation has made itself.
 */
export const suitecrmModules: ReadonlySet<string> = new Set(
  `
    Accounts ACLActions ACLRoles Alerts AM_ProjectTemplates AM_TaskTemplates AOBH_BusinessHours AOD_Index
    AOD_IndexEvent AOK_Knowledge_Base_Categories AOK_KnowledgeBase AOP_Case_Events AOP_Case_Updates AOR_Charts
    AOR_Conditions AOR_Fields AOR_Reports AOR_Scheduled_Reports AOS_Contracts AOS_Invoices AOS_Line_Item_Groups
    AOS_PDF_Templates AOS_Product_Categories AOS_Products AOS_Products_Quotes AOS_Quotes AOW_Actions
    AOW_Conditions AOW_Processed AOW_WorkFlow Bugs CalendarAccount Calls Calls_Reschedule CampaignLog Campaigns
    CampaignTrackers Cases Contacts Currencies DocumentRevisions Documents EAPM EmailAddresses EmailMan
    EmailMarketing Emails EmailTemplates ExternalOAuthConnection ExternalOAuthProvider Favorites
    FP_Event_Locations FP_events InboundEmail jjwg_Address_Cache jjwg_Areas jjwg_Maps jjwg_Markers Leads Meetings
    Notes Oauth2AuthCodes OAuth2AuthCodes OAuth2Clients OAuth2Tokens OAuthKeys OAuthTokens Opportunities
    OutboundEmailAccounts Project ProjectTask ProspectLists Prospects Releases Reminders Reminders_Invitees Roles
    SavedSearch Schedulers SchedulersJobs SecurityGroups Spots SugarFeed SurveyQuestionOptions
    SurveyQuestionResponses SurveyQuestions SurveyResponses Surveys Tasks TemplateSectionLine Users
  `
    .trim()
    .split(/\s+/),
)
