import type { Mount } from '../v8/routes.ts'
import type { Operation } from '../operation.ts'

/** Where a field of the view is mounted, and the operation of the graph that answers it as `r`. */
export type Route = Mount & {
  readonly operation: Operation
  /** What a body is to the operation: one variable, or one for each member. */
  readonly body?: 'input' | 'members' | 'hook'
}

const endpoint = `id url description ownerId status statusReason statusAt eventTypes filter payload headerNames authenticationKind
  certificateExpiresAt warnings ratePerSecond concurrency schedule timeoutMs ordered onUnknown atMostOnce skipOwn version createdAt
  updatedAt breaker failingSince delivered failed lastDeliveredAt lastFailedAt ownChanges filterErrors filterError
  secrets { id signing publicKey createdAt expiresAt }`
const delivery = `id endpointId eventId eventType eventAt isEventKept generation replayOf module recordId state reason attempts nextAt
  lastOutcome lastStatus isTest createdAt endedAt`
const attempt = 'number at outcome message status responseMs ms retryAfterSeconds responseHeaders responseBody traceId'
const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'

const filterVariables = `$states: [WebhookDeliveryState!], $outcome: String, $eventType: String, $eventId: ID, $module: String, $recordId: ID,
  $from: String, $to: String`
const filter = `filter: { states: $states, outcome: $outcome, eventType: $eventType, eventId: $eventId, module: $module, recordId: $recordId,
  from: $from, to: $to }`
const pageVariables = '$first: Int, $after: String, $last: Int, $before: String'
const page = 'first: $first, after: $after, last: $last, before: $before'

type Row = readonly [
  field: string,
  method: Mount['method'],
  path: string,
  status: number,
  tag: string,
  text: string,
  body?: Route['body'],
]

const one = '/endpoints/:id'
const id = '$id: ID!'

// prettier-ignore
const table: readonly Row[] = [
  ['Query.listEndpoints',        'GET',    '/endpoints',             200, 'Endpoints',  `{ r: webhookEndpoints { ${endpoint} } }`],
  ['Mutation.createEndpoint',    'POST',   '/endpoints',             201, 'Endpoints',  `($input: NewWebhookEndpoint!) { r: createWebhookEndpoint(input: $input) { secret publicKey endpoint { ${endpoint} } } }`, 'input'],
  ['Query.readEndpoint',         'GET',    one,                      200, 'Endpoints',  `(${id}) { r: webhookEndpoint(id: $id) { ${endpoint} } }`],
  ['Mutation.updateEndpoint',    'PATCH',  one,                      200, 'Endpoints',  `(${id}, $input: WebhookEndpointInput!) { r: updateWebhookEndpoint(id: $id, input: $input) { ${endpoint} } }`, 'input'],
  ['Mutation.deleteEndpoint',    'DELETE', one,                      200, 'Endpoints',  `(${id}) { r: deleteWebhookEndpoint(id: $id) }`],
  ['Mutation.pauseEndpoint',     'POST',   `${one}/pause`,           200, 'Endpoints',  `(${id}) { r: pauseWebhookEndpoint(id: $id) { ${endpoint} } }`],
  ['Mutation.enableEndpoint',    'POST',   `${one}/enable`,          200, 'Endpoints',  `(${id}, $recovery: WebhookRecovery! = ALL) { r: enableWebhookEndpoint(id: $id, recovery: $recovery) { ${endpoint} } }`, 'members'],
  ['Mutation.rotateSecret',      'POST',   `${one}/secrets`,         201, 'Endpoints',  `(${id}, $input: WebhookRotation) { r: rotateWebhookSecret(id: $id, input: $input) { secret publicKey } }`, 'input'],
  ['Mutation.testEndpoint',      'POST',   `${one}/test`,            202, 'Endpoints',  `(${id}) { r: testWebhookEndpoint(id: $id) }`],
  ['Query.preview',              'POST',   '/preview',               200, 'Endpoints',  `($payload: JSON, $eventTypes: [String!], $eventId: ID) { r: previewWebhook(payload: $payload, eventTypes: $eventTypes, eventId: $eventId) { eventId contentType headers body bytes isLarge isCutToThin } }`, 'members'],
  ['Query.listDeliveries',       'GET',    `${one}/deliveries`,      200, 'Deliveries', `(${id}, ${filterVariables}, ${pageVariables}) { r: webhookDeliveries(endpointId: $id, ${filter}, ${page}) { nodes { ${delivery} } ${pageInfo} } }`],
  ['Query.countDeliveries',      'GET',    `${one}/deliveries/count`, 200, 'Deliveries', `(${id}, $deed: WebhookDeed!, ${filterVariables}) { r: countWebhookDeliveries(endpointId: $id, deed: $deed, ${filter}) }`],
  ['Mutation.doToDeliveries',    'POST',   `${one}/deliveries`,      200, 'Deliveries', `(${id}, $deed: WebhookDeed!, $count: Int!, $filter: WebhookDeliveryFilter) { r: doToWebhookDeliveries(endpointId: $id, deed: $deed, count: $count, filter: $filter) }`, 'members'],
  ['Mutation.recoverDeliveries', 'POST',   `${one}/recover`,         200, 'Deliveries', `(${id}, $since: String!) { r: recoverWebhookDeliveries(endpointId: $id, since: $since) }`, 'members'],
  ['Query.readDelivery',         'GET',    '/deliveries/:id',        200, 'Deliveries', `(${id}) { r: webhookDelivery(id: $id) { ${delivery} } }`],
  ['Query.listAttempts',         'GET',    '/deliveries/:id/attempts', 200, 'Deliveries', `(${id}, ${pageVariables}) { r: webhookDelivery(id: $id) { requests(${page}) { nodes { ${attempt} } ${pageInfo} } } }`],
  ['Mutation.sendDelivery',      'POST',   '/deliveries/:id/send',   200, 'Deliveries', `(${id}) { r: sendWebhookDelivery(id: $id) { ${delivery} } }`],
  ['Mutation.decideDelivery',    'POST',   '/deliveries/:id/decide', 200, 'Deliveries', `(${id}, $decision: WebhookDecision!) { r: decideWebhookDelivery(id: $id, decision: $decision) { ${delivery} } }`, 'members'],
  ['Mutation.subscribeHook',     'POST',   '/hooks',                 201, 'REST hooks', `($input: NewWebhookEndpoint!) { r: createWebhookEndpoint(input: $input) { endpoint { ${endpoint} } } }`, 'hook'],
  ['Query.listSamples',          'GET',    '/hooks/samples',         200, 'REST hooks', `($event: [String!]!) { r: webhookSamples(eventTypes: $event) }`],
  ['Mutation.unsubscribeHook',   'DELETE', '/hooks/:id',             200, 'REST hooks', `(${id}) { r: deleteWebhookEndpoint(id: $id) }`],
]

/** Every address of webhooks by REST, below `/webhooks`. */
export const routes: readonly Route[] = table.map(([field, method, path, status, tag, text, body]) => {
  const [root, name = ''] = field.split('.')
  const kind = root === 'Query' ? 'query' : 'mutation'
  const operation = Object.freeze({ text: `${kind} Webhooks_${name} ${text}`, name: `Webhooks_${name}` })
  const scope = kind === 'query' ? 'webhooks:read' : 'webhooks:write'
  return { field, method, path, status, tag, scope, operation, ...(body && { body }) }
})
