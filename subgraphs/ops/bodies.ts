import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { bodiesOf, keepBodies, listLogPolicies } from './log-policies.ts'
import { DateTime, Json } from './scalars.ts'

@ObjectType({ description: 'An API client of which the log keeps what it sends and is answered, for a while.' })
export class LogPolicy {
  @Field(() => ID, { description: '`legacy` stands for the sessions of the legacy API.' }) clientId!: string
  @Field(() => DateTime, { nullable: true, description: 'Null: nothing is kept.' }) bodiesUntil!: string | null
}

@ObjectType({
  description:
    'What was sent and answered: its structure, and values that can only be options, numbers, moments and ids. Text is not kept.',
})
export class LoggedBodies {
  @Field(() => String) requestId!: string
  @Field(() => DateTime) at!: string
  @Field(() => ID) clientId!: string
  @Field(() => Json) headers!: unknown
  @Field(() => Json, { nullable: true }) query!: unknown
  @Field(() => Json, { nullable: true }) request!: unknown
  @Field(() => Json, { nullable: true }) response!: unknown
}

@Resolver(() => LogPolicy)
export class LogPolicyResolver {
  @Query(() => [LogPolicy], { description: 'The API clients whose bodies are kept now. Only for administrators.' })
  logPolicies(@Ctx() ctx: Context): Promise<LogPolicy[]> {
    return listLogPolicies(ctx)
  }

  @Query(() => [LoggedBodies], {
    description: 'What was kept of the requests with this `X-Request-Id`. Only for administrators.',
  })
  requestBodies(@Ctx() ctx: Context, @Arg('requestId', () => String) requestId: string): Promise<LoggedBodies[]> {
    return bodiesOf(ctx, requestId)
  }

  @Mutation(() => LogPolicy, {
    description:
      'Keeps what an API client sends and is answered, redacted, for up to 1440 minutes; 0 ends it. Only for administrators.',
  })
  logBodies(
    @Ctx() ctx: Context,
    @Arg('clientId', () => ID) clientId: string,
    @Arg('minutes', () => Int) minutes: number,
  ): Promise<LogPolicy> {
    return keepBodies(ctx, clientId, minutes)
  }
}
