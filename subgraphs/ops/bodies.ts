import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { bodiesOf, keepBodies, keepDetails, listLogPolicies } from './log-policies.ts'
import { DateTime, Json } from './scalars.ts'

@ObjectType({ description: 'What the log keeps of an API client or key: more than of others for a while, or less.' })
export class LogPolicy {
  @Field(() => ID, { description: '`legacy` stands for the sessions of the legacy API.' }) clientId!: string
  @Field(() => DateTime, { nullable: true, description: 'Null: nothing is kept.' }) bodiesUntil!: string | null
  @Field(() => Boolean, { description: 'Nothing is kept but how many requests there were, and how they ended.' })
  countsOnly!: boolean
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
  @Query(() => [LogPolicy], {
    description:
      'The API clients and keys of which the log keeps more or less than of others. Only for administrators.',
  })
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

  @Mutation(() => LogPolicy, {
    description:
      'Says whether the log keeps details of the requests of an API client or key, or only how many there were and how they ended. Only for administrators.',
  })
  logDetails(
    @Ctx() ctx: Context,
    @Arg('clientId', () => ID) clientId: string,
    @Arg('details', () => Boolean) details: boolean,
  ): Promise<LogPolicy> {
    return keepDetails(ctx, clientId, details)
  }
}
