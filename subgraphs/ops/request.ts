import { Arg, Ctx, Field, Float, ID, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { PageInfo } from './page-info.ts'
import { listRequests, type RequestFilter, type RequestPage } from './requests.ts'
import { DateTime } from './scalars.ts'

const text = (description?: string) => Field(() => String, { nullable: true, ...(description && { description }) })
const number = (description?: string) => Field(() => Float, { nullable: true, ...(description && { description }) })

@ObjectType({
  description: 'A request to any of the APIs, as it was logged: names and numbers, nothing that was sent or answered.',
})
export class LoggedRequest {
  @Field(() => ID) id!: string
  @Field(() => DateTime, { description: 'When it began; of a gap, when it ended.' }) at!: string
  @Field(() => String, {
    description:
      'ok, invalid, unauthenticated, forbidden, not_found, conflict, too_large, limited, unavailable, failed, client_closed; ' +
      'or gap: `dropped` requests left no row.',
  })
  outcome!: string
  @text('The `X-Request-Id` of the answer.') requestId!: string | null
  @text('Of W3C Trace Context.') traceId!: string | null
  @Field(() => ID, { nullable: true }) clientId!: string | null
  @Field(() => ID, { nullable: true, description: 'The API key, where one was used.' }) keyId!: string | null
  @Field(() => ID, { nullable: true }) userId!: string | null
  @text('graphql, v8, v4_1, oauth and others.') door!: string | null
  @text('Of the API that answered.') version!: string | null
  @text() method!: string | null
  @text('The address with its variable parts as names.') route!: string | null
  @text('The GraphQL operation by kind and name, the operation of V8, the method of v4.1.') operation!: string | null
  @Field(() => Int, { nullable: true, description: '499: the caller had gone before there was an answer.' })
  status!: number | null
  @text('Of the first error that was answered.') code!: string | null
  @text('Why, where the caller is not told.') reason!: string | null
  @text('What was used that clients should leave behind.') deprecated!: string | null
  @number() ms!: number | null
  @number('With at least one statement of the request under way.') databaseMs!: number | null
  @Field(() => Int, { nullable: true, description: 'That the database gave.' }) rows!: number | null
  @number() bytesIn!: number | null
  @number() bytesOut!: number | null
  @text('The network address it came from.') address!: string | null
  @text('The policy that refused it.') limitedBy!: string | null
  @number('Points that its caller had left.') limitLeft!: number | null
  @number('Points that it cost.') cost!: number | null
  @Field(() => Int, { nullable: true, description: 'Of a gap only: requests that left no row.' }) dropped!:
    number | null
}

@ObjectType()
export class LoggedRequestConnection {
  @Field(() => [LoggedRequest]) nodes!: readonly LoggedRequest[]
  @Field(() => PageInfo) pageInfo!: PageInfo
}

@InputType({ description: 'Requests of which all of this is true.' })
export class RequestLogFilter implements RequestFilter {
  @text('A number such as `404`, or a class such as `5xx`.') status?: string | null
  @text() outcome?: string | null
  @text() code?: string | null
  @text() operation?: string | null
  @text() door?: string | null
  @Field(() => ID, { nullable: true }) clientId?: string | null
  @Field(() => ID, { nullable: true }) keyId?: string | null
  @Field(() => ID, { nullable: true }) userId?: string | null
  @text() requestId?: string | null
  @text() traceId?: string | null
  @text('From this moment on: `2030-03-04T10:30:00Z`, or a day.') from?: string | null
  @text('Before this moment.') to?: string | null
  @number() minMs?: number | null
  @number() maxMs?: number | null
}

@Resolver(() => LoggedRequest)
export class RequestLogResolver {
  @Query(() => LoggedRequestConnection, {
    description: 'The log of requests, the newest first: for administrators all of them, for others their own.',
  })
  requestLog(
    @Ctx() ctx: Context,
    @Arg('first', () => Int, { defaultValue: 50, description: 'At most 1000.' }) first: number,
    @Arg('filter', () => RequestLogFilter, { nullable: true }) filter?: RequestLogFilter | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
  ): Promise<RequestPage> {
    return listRequests(ctx, filter ?? {}, { first, after })
  }
}
