import {
  Arg,
  Ctx,
  Directive,
  Field,
  FieldResolver,
  Float,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { listAttempts, type Attempt } from './attempts.ts'
import {
  deliveryOf,
  listDeliveries,
  type Delivery,
  type DeliveryFilter,
  type DeliveryState,
  type Page,
} from './deliveries.ts'
import {
  countForDeed,
  decide,
  doToDeliveries,
  recoverSince,
  sendAgain,
  type Decision,
  type Deed,
} from './delivery-deeds.ts'
import { DateTime, Json } from './scalars.ts'

const States = {
  ...{ DUE: 'DUE', WAITING: 'WAITING', SENDING: 'SENDING', HELD: 'HELD', PARKED: 'PARKED' },
  ...{ DELIVERED: 'DELIVERED', DEAD: 'DEAD', DISCARDED: 'DISCARDED' },
} as const satisfies { [Each in DeliveryState]: Each }
registerEnumType(States, {
  name: 'WebhookDeliveryState',
  description:
    'DUE: to be sent. WAITING: behind another of its record. SENDING. HELD: a person must decide. PARKED: given up, and others wait behind it. DELIVERED. DEAD: given up. DISCARDED: not to be sent.',
})
const Deeds = { REDRIVE: 'REDRIVE', REPLAY: 'REPLAY', DISCARD: 'DISCARD' } as const satisfies { [Each in Deed]: Each }
registerEnumType(Deeds, {
  name: 'WebhookDeed',
  description:
    'REDRIVE: send again what is not delivered, from the beginning of the schedule. REPLAY: send anew what is over, with the same id and marked as a replay. DISCARD: give up.',
})
const Decisions = { SEND: 'SEND', DELIVERED: 'DELIVERED', DISCARD: 'DISCARD' } as const satisfies {
  [Each in Decision]: Each
}
registerEnumType(Decisions, {
  name: 'WebhookDecision',
  description: 'What becomes of a delivery that waits for a person.',
})

const text = (description?: string) => Field(() => String, { nullable: true, ...(description && { description }) })
const moment = () => Field(() => DateTime, { nullable: true })

@Directive('@shareable')
@ObjectType('PageInfo')
export class WebhookPageInfo {
  @Field(() => Boolean) hasNextPage!: boolean
  @Field(() => Boolean) hasPreviousPage!: boolean
  @Field(() => String, { nullable: true }) startCursor!: string | null
  @Field(() => String, { nullable: true }) endCursor!: string | null
}

@ObjectType({ description: 'A request for a delivery, and what came of it.' })
export class WebhookAttempt {
  @Field(() => Int, { description: '1 for the first.' }) number!: number
  @Field(() => DateTime) at!: string
  @text(
    'delivered, http_4xx, http_429, http_5xx, redirect, gone, timeout_connect, timeout_wait, dns, refused, reset, tls, policy_blocked, template_error, auth_error, receiver_abort, cancelled, unknown_outcome, our_fault. Null: it is under way.',
  )
  outcome!: string | null
  @text() message!: string | null
  @Field(() => Int, { nullable: true }) status!: number | null
  @Field(() => Float, { nullable: true, description: 'Until the answer began.' }) responseMs!: number | null
  @Field(() => Float, { nullable: true }) ms!: number | null
  @Field(() => Int, { nullable: true }) retryAfterSeconds!: number | null
  @Field(() => Json, { nullable: true }) responseHeaders!: unknown
  @text('Its first 16 KiB; what is no text is escaped.') responseBody!: string | null
  @text('Of the log line and the span of the request.') traceId!: string | null
}

@ObjectType()
export class WebhookAttemptConnection {
  @Field(() => [WebhookAttempt]) nodes!: readonly Attempt[]
  @Field(() => WebhookPageInfo) pageInfo!: WebhookPageInfo
}

@ObjectType({ description: 'An event for an endpoint.' })
export class WebhookDelivery {
  @Field(() => ID) id!: string
  @Field(() => ID) endpointId!: string
  @Field(() => ID) eventId!: string
  @Field(() => String) eventType!: string
  @Field(() => DateTime) eventAt!: string
  @Field(() => Boolean, { description: 'False: its event is forgotten, and it can be sent no more.' })
  isEventKept!: boolean
  @Field(() => Int, { description: '0, or how often it has been replayed.' }) generation!: number
  @Field(() => ID, { nullable: true, description: 'The delivery that it repeats.' }) replayOf!: string | null
  @text('Null also when the record is out of your sight.') module!: string | null
  @Field(() => ID, { nullable: true }) recordId!: string | null
  @Field(() => States) state!: DeliveryState
  @text('Why it is HELD, PARKED, DEAD or DISCARDED.') reason!: string | null
  @Field(() => Int, { description: 'How many requests there were.' }) attempts!: number
  @moment() nextAt!: string | null
  @text() lastOutcome!: string | null
  @Field(() => Int, { nullable: true }) lastStatus!: number | null
  @Field(() => Boolean) isTest!: boolean
  @Field(() => DateTime) createdAt!: string
  @moment() endedAt!: string | null
}

@ObjectType()
export class WebhookDeliveryConnection {
  @Field(() => [WebhookDelivery]) nodes!: readonly Delivery[]
  @Field(() => WebhookPageInfo) pageInfo!: WebhookPageInfo
}

@InputType({ description: 'Deliveries of which all of this is true.' })
export class WebhookDeliveryFilter implements DeliveryFilter {
  @Field(() => [States], { nullable: true }) states?: DeliveryState[] | null
  @text('Of the last attempt.') outcome?: string | null
  @text() reason?: string | null
  @text() eventType?: string | null
  @Field(() => ID, { nullable: true }) eventId?: string | null
  @text() module?: string | null
  @Field(() => ID, { nullable: true }) recordId?: string | null
  @text('Of the event, from this moment on: `2030-03-04T10:30:00Z`, or a day.') from?: string | null
  @text('Before this moment.') to?: string | null
  @Field(() => [ID], { nullable: true }) ids?: string[] | null
}

@Resolver(() => WebhookDelivery)
export class WebhookDeliveryResolver {
  @Query(() => WebhookDeliveryConnection, { description: 'The deliveries of an endpoint, the newest first.' })
  webhookDeliveries(
    @Ctx() ctx: Context,
    @Arg('endpointId', () => ID) endpointId: string,
    @Arg('filter', () => WebhookDeliveryFilter, { nullable: true }) filter?: WebhookDeliveryFilter | null,
    @Arg('first', () => Int, { nullable: true, description: '50 if left out; at most 500.' }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
    @Arg('last', () => Int, { nullable: true, description: 'Backwards.' }) last?: number | null,
    @Arg('before', () => String, { nullable: true }) before?: string | null,
  ): Promise<Page<Delivery>> {
    return listDeliveries(ctx, endpointId, filter ?? {}, { first, after, last, before })
  }

  @Query(() => WebhookDelivery)
  webhookDelivery(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<Delivery> {
    return deliveryOf(ctx, id)
  }

  @FieldResolver(() => WebhookAttemptConnection, { description: 'Its requests, the newest first.' })
  requests(
    @Root() { id }: Delivery,
    @Ctx() ctx: Context,
    @Arg('first', () => Int, { nullable: true }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
    @Arg('last', () => Int, { nullable: true }) last?: number | null,
    @Arg('before', () => String, { nullable: true }) before?: string | null,
  ): Promise<Page<Attempt>> {
    return listAttempts(ctx, id, { first, after, last, before })
  }

  @Query(() => Int, { description: 'To how many deliveries a deed would be done now.' })
  countWebhookDeliveries(
    @Ctx() ctx: Context,
    @Arg('endpointId', () => ID) endpointId: string,
    @Arg('deed', () => Deeds) deed: Deed,
    @Arg('filter', () => WebhookDeliveryFilter, { nullable: true }) filter?: WebhookDeliveryFilter | null,
  ): Promise<number> {
    return countForDeed(ctx, endpointId, deed, filter ?? {})
  }

  @Mutation(() => Int, {
    description:
      'Does a deed to all deliveries that fit, if they are as many as `count` says: count first. At most 10000 at once.',
  })
  doToWebhookDeliveries(
    @Ctx() ctx: Context,
    @Arg('endpointId', () => ID) endpointId: string,
    @Arg('deed', () => Deeds) deed: Deed,
    @Arg('count', () => Int) count: number,
    @Arg('filter', () => WebhookDeliveryFilter, { nullable: true }) filter?: WebhookDeliveryFilter | null,
  ): Promise<number> {
    return doToDeliveries(ctx, endpointId, deed, filter ?? {}, count)
  }

  @Mutation(() => Int, { description: 'Sends again what failed since a moment: one more try each. Answers how many.' })
  recoverWebhookDeliveries(
    @Ctx() ctx: Context,
    @Arg('endpointId', () => ID) endpointId: string,
    @Arg('since', () => String) since: string,
  ): Promise<number> {
    return recoverSince(ctx, endpointId, since)
  }

  @Mutation(() => WebhookDelivery, {
    description: 'Sends one now: in place of its next try, or, when it is over, anew and marked as a replay.',
  })
  sendWebhookDelivery(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<Delivery> {
    return sendAgain(ctx, id)
  }

  @Mutation(() => WebhookDelivery, { description: 'Decides about a delivery that is HELD or PARKED.' })
  decideWebhookDelivery(
    @Ctx() ctx: Context,
    @Arg('id', () => ID) id: string,
    @Arg('decision', () => Decisions) decision: Decision,
  ): Promise<Delivery> {
    return decide(ctx, id, decision)
  }
}
