/** What of an event's deliveries can be asked for; the same at every address that takes deliveries. */
const filter = `
  "States, with commas between: \`DEAD,HELD\`."
  states: [String!]
  "Of the last attempt: \`http_5xx\`."
  outcome: String
  eventType: String
  eventId: ID
  module: String
  recordId: ID
  "Of the event, from this moment on."
  from: String
  "Before this moment."
  to: String`
const page = `
  "1 to 500, else 50."
  first: Int
  "The \`endCursor\` of the page before."
  after: String
  "Backwards: so many before \`before\`."
  last: Int
  before: String`

/** The contract of webhooks by REST. Sofa makes the routes and the OpenAPI document of it. */
export const restViewSdl = /* GraphQL */ `
  scalar Endpoint
  scalar Endpoints
  scalar EndpointWithSecret
  scalar NewEndpoint
  scalar EndpointSettings
  scalar Rotation
  scalar SecretShown
  scalar PreviewWanted
  scalar Preview
  scalar Deliveries
  scalar Delivery
  scalar Attempts
  scalar DeedWanted
  scalar RecoveryWanted
  scalar SinceWanted
  scalar DecisionWanted
  scalar NewHook
  scalar Samples

  type Query {
    "Your endpoints, the newest first; for administrators everybody's."
    listEndpoints: Endpoints!
    "One endpoint."
    readEndpoint(id: ID!): Endpoint!
    "The deliveries of an endpoint, the newest first."
    listDeliveries(id: ID! ${filter} ${page}): Deliveries!
    "To how many deliveries a deed would be done now: REDRIVE, REPLAY or DISCARD."
    countDeliveries(id: ID! deed: String! ${filter}): Int!
    "One delivery."
    readDelivery(id: ID!): Delivery!
    "The requests for a delivery, the newest first."
    listAttempts(id: ID! ${page}): Attempts!
    "The message of a past event, with your rights."
    preview(data: PreviewWanted): Preview!
    "REST hooks: messages as a hook for these events would get them; of past events, or made up where nothing has happened yet."
    listSamples("With commas between: \`Accounts.created\`." event: [String!]!): Samples!
  }

  type Mutation {
    "Makes an endpoint. Its secret is told this once."
    createEndpoint(data: NewEndpoint!): EndpointWithSecret!
    "Changes settings; what is left out stays."
    updateEndpoint(id: ID! data: EndpointSettings!): Endpoint!
    "Removes an endpoint with its secrets and deliveries."
    deleteEndpoint(id: ID!): ID!
    "Holds an endpoint: what happens waits until it is enabled."
    pauseEndpoint(id: ID!): Endpoint!
    "Makes an endpoint active that was paused or disabled."
    enableEndpoint(id: ID! data: RecoveryWanted): Endpoint!
    "Replaces the secret; the one before signs as well for a while."
    rotateSecret(id: ID! data: Rotation): SecretShown!
    "Sends a test to this endpoint only. Answers the id of its event."
    testEndpoint(id: ID!): ID!
    "Does a deed to all deliveries that fit, if they are as many as \`count\` says."
    doToDeliveries(id: ID! data: DeedWanted!): Int!
    "Sends again what failed since a moment. Answers how many."
    recoverDeliveries(id: ID! data: SinceWanted!): Int!
    "Sends one now: in place of its next try, or, when it is over, anew and marked as a replay."
    sendDelivery(id: ID!): Delivery!
    "Decides about a delivery that is HELD or PARKED: SEND, DELIVERED or DISCARD."
    decideDelivery(id: ID! data: DecisionWanted!): Delivery!
    "REST hooks: subscribes an address to events. It is removed by itself when the address answers 410."
    subscribeHook(data: NewHook!): Endpoint!
    "REST hooks: ends a subscription."
    unsubscribeHook(id: ID!): ID!
  }
`
