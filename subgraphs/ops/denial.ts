import { Arg, Ctx, Field, ID, ObjectType, Query, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { explainDenial, type Explanation } from './explain.ts'
import { DateTime } from './scalars.ts'

@ObjectType({ description: 'One rule of the chain that a request goes through.' })
export class DenialStep {
  @Field(() => String, { description: 'token, scopes, module, level, owner, groups, field, record.' }) rule!: string
  @Field(() => Boolean, { nullable: true, description: 'Null where the rule does not matter for this request.' })
  passed?: boolean
  @Field(() => String) says!: string
}

@ObjectType({ description: 'Why a request was refused something, or found nothing, by the rules as they are now.' })
export class Denial {
  @Field(() => String) requestId!: string
  @Field(() => DateTime) at!: string
  @Field(() => String, { nullable: true, description: 'graphql, v8 or v4_1.' }) door!: string | null
  @Field(() => String, { nullable: true }) operation!: string | null
  @Field(() => String, {
    description:
      'scope: the token lacks one. administrators: not for others. forbidden, not_found: as it was answered.',
  })
  kind!: string
  @Field(() => ID) userId!: string
  @Field(() => String, { nullable: true }) userName!: string | null
  @Field(() => ID, { nullable: true }) clientId!: string | null
  @Field(() => ID, { nullable: true, description: 'The API key, where one was used.' }) keyId!: string | null
  @Field(() => String, { nullable: true, description: 'The scopes that were missing, between blanks.' })
  missingScope!: string | null
  @Field(() => String, { nullable: true }) module!: string | null
  @Field(() => String, { nullable: true }) action!: string | null
  @Field(() => ID, { nullable: true }) recordId!: string | null
  @Field(() => String, { nullable: true }) field!: string | null
  @Field(() => [DenialStep], { description: 'The rules in their order.' }) steps!: readonly DenialStep[]
  @Field(() => [String], {
    description:
      'The smallest change of rights after which the request would be answered; several belong together. Empty when no right would help, or none is missing any more.',
  })
  smallestGrant!: readonly string[]
}

@Resolver(() => Denial)
export class DenialResolver {
  @Query(() => [Denial], {
    description:
      'Why a request was refused something, or found nothing, by its `X-Request-Id`. Kept for seven days. Only for administrators.',
  })
  explainDenial(
    @Ctx() ctx: Context,
    @Arg('requestId', () => String) requestId: string,
  ): Promise<readonly Explanation[]> {
    return explainDenial(ctx, requestId)
  }
}
