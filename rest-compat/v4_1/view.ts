import { buildSchema, isNonNullType, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from 'graphql'

/**
 * The contract of the legacy API: every method of v4.1 is a field, and the order of its arguments is the positional
 * order of `rest_data`. Routes, OpenAPI and the binding of arguments are made from this text.
 *
 * Scalars stand for values whose JSON form `scalar-schemas.ts` describes; every method may answer an error object instead.
 */
export const viewSdl = /* GraphQL */ `
  "A session id, as login answered it."
  scalar Session
  "Names of fields in order; an empty list, null or empty text mean all of them."
  scalar FieldNames
  "Links with the fields wanted of the records there: \`[{\\"name\\": \\"contacts\\", \\"value\\": [\\"id\\"]}]\`."
  scalar LinkFields
  "Values by field name: \`{\\"name\\": \\"Acme\\"}\`, or a list of \`{\\"name\\", \\"value\\"}\`."
  scalar NameValues
  "Ids of records; one alone may be given as text."
  scalar Ids
  "A list of texts."
  scalar Texts
  "A list with one element for each of several calls."
  scalar Batch
  "A whole number, or text that reads as one."
  scalar Whole
  "A truth value: true and false, 1 and 0, also as text."
  scalar Flag
  "Who logs in: user_name, password as md5 hex; with \`encryption: PLAIN\` the password in clear."
  scalar UserAuth
  "A file for a note: id, filename, file (base64), related_module_id, related_module_name."
  scalar NoteAttachment
  "A new revision of a document: id (of the document), document_name, revision, filename, file (base64)."
  scalar DocumentRevision
  "One module, or a list of them."
  scalar ModuleNames

  scalar LoginAnswer
  scalar Nothing
  scalar UserId
  scalar SeamlessLogin
  scalar ServerInfo
  scalar EntryAnswer
  scalar EntriesAnswer
  scalar EntryListAnswer
  scalar CountAnswer
  scalar SavedEntry
  scalar SavedEntries
  scalar RelationCounts
  scalar ModifiedRelationships
  scalar ModuleFields
  scalar CheckSums
  scalar AvailableModules
  scalar ModuleLayout
  scalar LayoutCheckSums
  scalar LanguageDefinition
  scalar LastViewed
  scalar UpcomingActivities
  scalar SearchAnswer
  scalar SavedId
  scalar NoteAttachmentAnswer
  scalar DocumentRevisionAnswer
  scalar JobAnswer
  scalar OAuthAnswer

  type Query {
    "What this server is, and its clock."
    get_server_info: ServerInfo
    "Is the session alive? 1 or 0."
    seamless_login(session: Session!): SeamlessLogin
    "The id of the user who is logged in."
    get_user_id(session: Session!): UserId
    "One record by id."
    get_entry(
      session: Session!
      module_name: String!
      id: ID!
      select_fields: FieldNames!
      link_name_to_fields_array: LinkFields!
      track_view: Flag = false
    ): EntryAnswer
    "Records by id, in that order."
    get_entries(
      session: Session!
      module_name: String!
      ids: Ids!
      select_fields: FieldNames!
      link_name_to_fields_array: LinkFields!
      track_view: Flag = false
    ): EntriesAnswer
    "A page of the records that meet a condition. \`query\` is a condition in SQL, such as \`accounts.name LIKE 'A%'\`."
    get_entry_list(
      session: Session
      module_name: String
      query: String
      order_by: String
      offset: Whole
      select_fields: FieldNames
      link_name_to_fields_array: LinkFields
      max_results: Whole
      deleted: Flag = false
      favorites: Flag = false
    ): EntryListAnswer
    "How many records meet a condition."
    get_entries_count(session: Session!, module_name: String!, query: String!, deleted: Flag!): CountAnswer
    "The records that a link of one record leads to."
    get_relationships(
      session: Session!
      module_name: String!
      module_id: ID!
      link_field_name: String!
      related_module_query: String!
      related_fields: FieldNames!
      related_module_link_name_to_fields_array: LinkFields!
      deleted: Flag!
      order_by: String = ""
      offset: Whole = 0
      limit: Whole = false
    ): EntryAnswer
    "Pairs of the user's relationships that changed within a time, for synchronisation."
    get_modified_relationships(
      session: Session!
      module_name: String!
      related_module: String!
      from_date: String!
      to_date: String!
      offset: Whole!
      max_results: Whole!
      deleted: Flag = 0
      module_user_id: ID = ""
      select_fields: FieldNames = []
      relationship_name: String = ""
      deletion_date: String = ""
    ): ModifiedRelationships
    "The fields and links of a module."
    get_module_fields(session: Session!, module_name: String!, fields: FieldNames = []): ModuleFields
    "Check sums of get_module_fields."
    get_module_fields_md5(session: Session!, module_name: ModuleNames!): CheckSums
    "The modules that the user may open: \`all\`, or \`default\` for those in the menu."
    get_available_modules(session: Session!, filter: String = "all"): AvailableModules
    "The fields that views of a module show."
    get_module_layout(
      session: Session!
      modules: Texts!
      types: Texts!
      views: Texts!
      acl_check: Flag = true
      md5: Flag = false
    ): ModuleLayout
    "Check sums of get_module_layout."
    get_module_layout_md5(
      session: Session!
      modules: Texts!
      types: Texts!
      views: Texts!
      acl_check: Flag = true
    ): LayoutCheckSums
    "Labels of modules, or \`app_strings\` and \`app_list_strings\`."
    get_language_definition(session: Session!, modules: ModuleNames!, md5: Flag = false): LanguageDefinition
    "The records that the user looked at last."
    get_last_viewed(session: Session!, module_names: Texts!): LastViewed
    "The user's next ten planned meetings, calls, tasks and opportunities."
    get_upcoming_activities(session: Session!): UpcomingActivities
    "Records of several modules that a text is found in."
    search_by_module(
      session: Session!
      search_string: String!
      modules: Texts!
      offset: Whole!
      max_results: Whole!
      assigned_user_id: ID = ""
      select_fields: FieldNames = []
      unified_search_only: Flag = true
      favorites: Flag = false
    ): SearchAnswer
    "The file of a note."
    get_note_attachment(session: Session!, id: ID!): NoteAttachmentAnswer
    "A revision of a document with its file."
    get_document_revision(session: Session!, id: ID!): DocumentRevisionAnswer
  }

  type Mutation {
    "Opens a session."
    login(user_auth: UserAuth!, application_name: String, name_value_list: NameValues = []): LoginAnswer
    "Ends a session."
    logout(session: Session!): Nothing
    "Makes a record, or changes the one whose id is among the values."
    set_entry(
      session: Session!
      module_name: String!
      name_value_list: NameValues!
      track_view: Flag = false
    ): SavedEntry
    "The same for several records."
    set_entries(session: Session!, module_name: String!, name_value_lists: Batch!): SavedEntries
    "Relates records over a link, or takes the relation away."
    set_relationship(
      session: Session!
      module_name: String!
      module_id: ID!
      link_field_name: String!
      related_ids: Ids!
      name_value_list: NameValues = []
      delete: Flag = false
    ): RelationCounts
    "The same for several records."
    set_relationships(
      session: Session!
      module_names: Texts!
      module_ids: Ids!
      link_field_names: Texts!
      related_ids: Batch!
      name_value_lists: Batch = []
      delete_array: Batch = []
    ): RelationCounts
    "Gives a note a file."
    set_note_attachment(session: Session!, note: NoteAttachment!): SavedId
    "Adds a revision with a file to a document."
    set_document_revision(session: Session!, document_revision: DocumentRevision!): SavedId
    "Notes that a campaign was mailed to targets."
    set_campaign_merge(session: Session!, targets: Ids!, campaign_id: ID!): Nothing
    "The next job for a client. This server runs its own jobs."
    job_queue_next(session: Session!, clientid: String!): JobAnswer
    "Runs the schedulers. This server runs its own jobs."
    job_queue_cycle(session: Session!, clientid: String!): JobAnswer
    "Runs a job. This server runs its own jobs."
    job_queue_run(session: Session!, jobid: ID!, clientid: String!): JobAnswer
    "OAuth 1.0a is not offered; use the OAuth 2 endpoints."
    oauth_request_token: OAuthAnswer
    "OAuth 1.0a is not offered; use the OAuth 2 endpoints."
    oauth_access_token: OAuthAnswer
    "The session itself, for clients that came with an OAuth 1.0a token."
    oauth_access(session: Session = ""): OAuthAnswer
  }
`

export const viewSchema: GraphQLSchema = buildSchema(viewSdl)

/** The two types whose fields are the methods. */
export const viewTypes: readonly GraphQLObjectType[] = [viewSchema.getQueryType(), viewSchema.getMutationType()].filter(
  type => type != null,
)

export type Parameter = { readonly name: string; readonly required: boolean; readonly defaultValue: unknown }

/** The parameters of every method in positional order. */
export const parametersOf: ReadonlyMap<string, readonly Parameter[]> = new Map(
  viewTypes.flatMap(type => Object.values(type.getFields())).map(field => [field.name, parameters(field)] as const),
)

function parameters(field: GraphQLField<unknown, unknown>): readonly Parameter[] {
  return field.args.map(({ name, type, defaultValue }) => ({
    name,
    required: isNonNullType(type),
    defaultValue: defaultValue ?? null,
  }))
}
