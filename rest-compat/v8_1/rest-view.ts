const module = `"The module's name." moduleName: String!`
const record = `${module} "The record's id." id: ID!`
const link = `${record} "The name of a relationship, e.g. \`contacts\`." linkFieldName: String!`
const shown = `
  "Attributes and relationships to answer, by module, with commas between."
  fields: Fields
  "Paths of relationships whose records to answer too, with commas between: \`contacts,contacts.leads\`. At most 20, each three links long."
  include: String`
const listed = `
  "Conditions: \`filter[name][like]=A%\`, \`filter[employees][gte]=10\`, \`filter[or][0][name]=Acme\`."
  filter: Filter
  "Fields to sort by, with commas between; with a minus sign in front the other way round."
  sort: String
  "\`page[size]\` (1 to 200, else 20) and a cursor: \`page[after]\` or \`page[before]\`."
  page: Page`

/**
 * The contract of REST V8, version 8.1. Sofa makes the routes and the OpenAPI document of it; a scalar is a document
 * whose JSON Schema stands in `schemas.ts`.
 */
export const restViewSdl = /* GraphQL */ `
  scalar Fields
  scalar Page
  scalar Filter
  scalar NewRecord
  scalar ChangedRecord
  scalar Identifiers
  scalar Linkage
  scalar RecordDocument
  scalar RelatedDocument
  scalar RecordsDocument
  scalar LinkageDocument
  scalar ModulesDocument
  scalar FieldsDocument
  scalar OpenApiDocument
  scalar Nothing
  scalar Operations
  scalar ResultsDocument
  scalar Rows
  scalar JobDocument
  scalar JobsDocument
  scalar RowResults
  scalar NewExport

  type Query {
    "The modules of this installation."
    listModules: ModulesDocument!
    "The attributes and relationships of a module, with their JSON Schemas."
    listFields(${module}): FieldsDocument!
    "The user that the token belongs to."
    readCurrentUser(${shown}): RecordDocument!
    "Records of a module, page by page."
    listRecords(${module} ${shown} ${listed}): RecordsDocument!
    "One record. \`ETag\` is its version."
    readRecord(${record} ${shown}): RecordDocument!
    "Which records a relationship leads to, without the records themselves."
    readLinkage(${link} ${listed}): LinkageDocument!
    "The records that a relationship leads to."
    readRelated(${link} ${shown} ${listed}): RelatedDocument!
    "The jobs that you started, the newest hundred; for administrators everybody's."
    listJobs: JobsDocument!
    "How far a job is."
    readJob("The job's id." id: ID!): JobDocument!
    "What became of each row of a bulk write: a JSON object on each line, a thousand at a time. \`Link\` leads to those that follow."
    readJobResults("The job's id." id: ID!
      "Only these: created, updated, unchanged or failed."
      outcome: String
      "The number of the row before."
      after: Int): RowResults!
    "This document."
    readOpenApi: OpenApiDocument!
  }

  type Mutation {
    "Makes a record. Every attribute is checked, and all that is wrong is told at once."
    createRecord(${module} ${shown} data: NewRecord!): RecordDocument!
    "Makes a record of the module that its type names."
    createOfType(${shown} data: NewRecord!): RecordDocument!
    "Changes attributes and relationships to one of a record. \`If-Match\` makes sure that nobody else has changed it."
    updateRecord(${record} ${shown} data: ChangedRecord!): RecordDocument!
    "Changes the record that the body names."
    updateOfType(${shown} data: ChangedRecord!): RecordDocument!
    "Deletes a record."
    deleteRecord(${record}): Nothing!
    "Adds records to a relationship to many."
    addToLink(${link} data: Identifiers!): Nothing!
    "Sets a relationship to one, or clears it by null."
    setLink(${link} data: Linkage!): Nothing!
    "Takes records out of a relationship to many; the records stay."
    takeFromLink(${link} data: Identifiers!): Nothing!
    "Takes one record out of a relationship; the record stays."
    takeOneFromLink(${link} "The id of the related record." relatedBeanId: ID!): Nothing!
    """
    Several changes that are all stored, or none: JSON:API's extension for atomic operations. \`lid\` names a record that
    an operation makes, for those below it; \`meta.version\` of an operation is its \`If-Match\`.
    """
    runOperations(data: Operations!): ResultsDocument!
    "Makes or changes many records after the answer. \`Location\` leads to the job. A row that finds no record makes one."
    startBulk(${module}
      "How a row names its record: \`id\` (where nothing is said), a field such as \`email1\`, or \`externalId\`."
      match: String
      "Whose external ids they are, such as \`shop\`."
      system: String
      "\`strict\` (where nothing is said): every value is checked. \`lenient\`: SuiteCRM's ways."
      validation: String
      data: Rows!): JobDocument!
    "Writes records into a file after the answer. \`Location\` leads to the job, which has the address of the file when it is finished."
    startExport(data: NewExport!): JobDocument!
    "Ends a job. What it has written stays."
    cancelJob("The job's id." id: ID!): JobDocument!
    "Revokes the token of this request."
    logout: Nothing!
  }
`
