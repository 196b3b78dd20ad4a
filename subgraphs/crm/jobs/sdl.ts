/** What clients see of the work that goes on after its request was answered. */
export const jobsSdl = /* GraphQL */ `
  enum JobKind {
    BULK_UPSERT
    EXPORT
  }
  "NDJSON has a JSON object on each line, with the types of GraphQL; CSV is RFC 4180."
  enum ExportFormat {
    NDJSON
    CSV
  }
  "OPEN takes rows still. FINISHED, FAILED and CANCELLED are its ends; what was written stays."
  enum JobStatus {
    OPEN
    QUEUED
    RUNNING
    FINISHED
    FAILED
    CANCELLED
  }
  enum RowOutcome {
    CREATED
    UPDATED
    "The record holds what the row says already; nothing was written."
    UNCHANGED
    FAILED
  }
  "Whether values are checked as GraphQL's mutations check them, or stored as SuiteCRM would store them."
  enum Validation {
    STRICT
    LENIENT
  }
  "Work that goes on after its request was answered."
  type Job {
    id: ID!
    kind: JobKind!
    status: JobStatus!
    module: String!
    "Rows that were sent, or records that were written, so far."
    total: Int!
    "Rows that have a result, or records that were written."
    done: Int!
    created: Int!
    updated: Int!
    unchanged: Int!
    failed: Int!
    "Of a finished export: the address of its file, which is read with a token, also in ranges."
    file: String
    "Of an export: how long its file is so far."
    bytes: Float!
    "Why it failed as a whole."
    error: JobError
    createdAt: DateTime!
    startedAt: DateTime
    finishedAt: DateTime
    "What became of each row, in their order; \`after\` is the \`endCursor\` of the page before. Kept for JOB_HOURS after the end."
    results(first: Int = 100, after: Int, outcome: RowOutcome): RowResultPage!
  }
  type JobError {
    code: String!
    message: String!
  }
  type RowResult {
    "From 1, in the order in which rows were sent."
    row: Int!
    outcome: RowOutcome!
    recordId: ID
    "Of the error table, such as INVALID."
    code: String
    message: String
    "Where in the row: \`/name\`."
    pointer: String
  }
  type RowResultPage {
    nodes: [RowResult!]!
    hasNextPage: Boolean!
    endCursor: Int
  }
  type UpsertedRecord {
    id: ID!
    outcome: RowOutcome!
  }

  extend type Query {
    "A job that you started; for administrators anybody's."
    job(id: ID!): Job!
    "The jobs that you started, the newest first; for administrators everybody's."
    jobs(first: Int = 20): [Job!]!
  }
  extend type Mutation {
    """
    Starts to make or change many records of a module. Each row is an object of values by field name, with the types of
    the module's input. \`matchBy\` says how a row names its record: \`id\`, a field such as \`email1\`, or \`externalId\`,
    which stands in each row and belongs to a \`system\`. A row that finds no record makes one. With \`open\`, more rows can
    be added until it is closed.
    """
    startBulkUpsert(
      module: String!
      rows: [JSON!]! = []
      matchBy: String = "id"
      system: String
      validation: Validation = STRICT
      open: Boolean = false
    ): Job!
    """
    Writes the records of a module that a filter finds into a file. \`filter\` is that of the module's query, \`sort\` has
    field names, with a minus sign in front for the other way round; without \`fields\` it is all that you may see. In CSV,
    text that a spreadsheet would run as a formula gets an apostrophe in front, unless \`formulaGuard\` is false.
    """
    startExport(
      module: String!
      fields: [String!]
      filter: JSON
      sort: [String!] = []
      format: ExportFormat = NDJSON
      formulaGuard: Boolean = true
      byteOrderMark: Boolean = false
    ): Job!
    "Adds rows to a bulk write that was started \`open\`."
    addBulkRows(id: ID!, rows: [JSON!]!): Job!
    "Lets a bulk write that was started \`open\` begin."
    closeBulkUpsert(id: ID!): Job!
    "Ends a job. What it has written stays."
    cancelJob(id: ID!): Job!
    "Makes the record that another system knows by an id, or changes it. With \`mustBeNew\`, one that is there is refused with CONFLICT."
    upsertByExternalId(
      module: String!
      system: String!
      externalId: ID!
      input: JSON!
      mustBeNew: Boolean = false
    ): UpsertedRecord!
  }
`
