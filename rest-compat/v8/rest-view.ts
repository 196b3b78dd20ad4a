/**
 * The contract of REST V8: what can be asked and done, and with what. Sofa makes the routes and the OpenAPI document of
 * it; a scalar is a document whose JSON Schema stands in `documents.ts`.
 *
 * Values that SuiteCRM takes as nested query parameters (`page[size]`, `filter[name][eq]`) are scalars too.
 */
export const restViewSdl = /* GraphQL */ `
  scalar Fields
  scalar Page
  scalar Filter
  scalar NewRecord
  scalar ChangedRecord
  scalar RecordReference
  scalar RecordDocument
  scalar RecordsDocument
  scalar RelatedRecordsDocument
  scalar MessageDocument
  scalar RelationDocument
  scalar ModulesDocument
  scalar FieldsDocument
  scalar UserDocument
  scalar PreferencesDocument
  scalar ColumnsDocument
  scalar SearchDefsDocument
  scalar OpenApiDocument

  type Query {
    "Records of a module, page by page."
    getRecords(
      "The module's plural name, or the name of its class."
      moduleName: String!
      "A comma-separated list of the attributes to answer, by module."
      fields: Fields
      "Which page: \`page[size]\` and \`page[number]\`. Without a size the first 20 records are answered."
      page: Page
      "One field to sort by; with a minus sign in front the other way round."
      sort: String
      "Comparisons, e.g. \`filter[name][like]=A%\`. All must hold, or any with \`filter[operator]=or\`."
      filter: Filter
    ): RecordsDocument!

    "One record."
    getRecord(
      "The module's plural name, or the name of its class."
      moduleName: String!
      "Digits or a UUID."
      id: ID!
      "A comma-separated list of the attributes to answer, by module."
      fields: Fields
    ): RecordDocument!

    "The records that a link leads to. Without a page size all of them."
    getRelationship(
      "The module's plural name, or the name of its class."
      moduleName: String!
      "Digits or a UUID."
      id: ID!
      "The name of a link field, e.g. \`contacts\`."
      linkFieldName: String!
      "Which page: \`page[size]\` and \`page[number]\`."
      page: Page
      "One field of the related records to sort by; with a minus sign in front the other way round."
      sort: String
      "Comparisons on the related records."
      filter: Filter
    ): RelatedRecordsDocument!

    "The modules and what may be done with them."
    getModuleList: ModulesDocument!

    "The fields of a module."
    getFieldList("The module's plural name." moduleName: String!): FieldsDocument!

    "This document."
    getSwaggerSchema: OpenApiDocument!

    "The user that the token belongs to."
    getCurrentUser: UserDocument!

    "What a user has chosen, by category."
    getUserPreferences("The user's id." id: ID!): PreferencesDocument!

    "The columns of a module's list."
    getListViewColumns("The module's plural name." moduleName: String!): ColumnsDocument!

    "What a module can be searched by."
    getModuleSearchDefs("The module's plural name." moduleName: String!): SearchDefsDocument!
  }

  type Mutation {
    "Makes a record. What is required is not checked, and neither are the options of a list."
    createRecord(data: NewRecord!): RecordDocument!

    "Changes attributes of a record."
    updateRecord(data: ChangedRecord!): RecordDocument!

    "Deletes a record."
    deleteRecord(
      "The module's plural name, or the name of its class."
      moduleName: String!
      "Digits or a UUID."
      id: ID!
    ): MessageDocument!

    "Relates two records over the link that joins their modules."
    createRelationship(
      "The module's plural name, or the name of its class."
      moduleName: String!
      "Digits or a UUID."
      id: ID!
      data: RecordReference!
    ): MessageDocument!

    "Relates two records over a link."
    createRelationshipByLink(
      "The module's plural name, or the name of its class."
      moduleName: String!
      "Digits or a UUID."
      id: ID!
      "The name of a link field, e.g. \`contacts\`."
      linkFieldName: String!
      data: RecordReference!
    ): RelationDocument!

    "Takes two records apart."
    deleteRelationship(
      "The module's plural name, or the name of its class."
      moduleName: String!
      "Digits or a UUID."
      id: ID!
      "The name of a link field, e.g. \`contacts\`."
      linkFieldName: String!
      "The id of the related record."
      relatedBeanId: ID!
    ): MessageDocument!

    "Revokes the token of this request."
    logout: MessageDocument!
  }
`
