import { GraphQLScalarType, Kind } from 'graphql'
import {
  Arg,
  Ctx,
  Field,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { clearClientLimit, listClientLimits, setClientLimit, type Bound, type CallerClass } from './client-limits.ts'
import { DateTime } from './scalars.ts'

const CallerClasses = { UI: 'ui', MACHINE: 'machine', BULK: 'bulk' } as const satisfies Record<string, CallerClass>

registerEnumType(CallerClasses, {
  name: 'CallerClass',
  description: 'Whose defaults hold: apps in front of people (UI), programs (MACHINE), programs that move much (BULK).',
})

function boundOf(value: unknown): Bound {
  if (value === 'unlimited' || typeof value === 'number') return value
  throw new HouseError('INVALID', 'A limit is a whole number from 0 (blocked), or "unlimited"')
}

const LimitBound = new GraphQLScalarType({
  name: 'LimitBound',
  description: 'A whole number, where 0 blocks, or the word `"unlimited"`.',
  parseValue: boundOf,
  parseLiteral: node =>
    boundOf(node.kind === Kind.INT ? Number(node.value) : node.kind === Kind.STRING ? node.value : undefined),
})

@ObjectType({ description: 'What an API client may spend, in place of the defaults of its class.' })
export class ClientLimit {
  @Field(() => ID, { description: 'An API client, an API key, or `session` for the sessions of the legacy API.' })
  clientId!: string
  @Field(() => CallerClasses, { nullable: true, description: 'Null: as it is by itself.' }) class!: CallerClass | null
  @Field(() => LimitBound, { nullable: true, description: 'Points a second. Null: as its class has it.' })
  burst!: Bound | null
  @Field(() => LimitBound, { nullable: true, description: 'Points a minute. Null: as its class has it.' })
  sustained!: Bound | null
  @Field(() => LimitBound, { nullable: true, description: 'Points a day. Null: as its class has it.' })
  daily!: Bound | null
  @Field(() => LimitBound, { nullable: true, description: 'Calls at once. Null: as its class has it.' })
  concurrent!: Bound | null
  @Field(() => String, { nullable: true }) note!: string | null
  @Field(() => ID, { nullable: true, description: 'The user who set it.' }) setBy!: string | null
  @Field(() => DateTime) setAt!: string
  @Field(() => DateTime, { nullable: true, description: 'Null: it holds until it is cleared.' }) expiresAt!:
    string | null
}

@InputType({ description: 'What an API client may spend. What is left out stays as its class has it.' })
export class NewClientLimit {
  @Field(() => ID, { description: 'An API client, an API key, or `session` for the sessions of the legacy API.' })
  clientId!: string
  @Field(() => CallerClasses, { nullable: true }) class?: CallerClass | null
  @Field(() => LimitBound, { nullable: true, description: 'Points a second.' }) burst?: Bound | null
  @Field(() => LimitBound, { nullable: true, description: 'Points a minute.' }) sustained?: Bound | null
  @Field(() => LimitBound, { nullable: true, description: 'Points a day.' }) daily?: Bound | null
  @Field(() => LimitBound, { nullable: true, description: 'Calls at once.' }) concurrent?: Bound | null
  @Field(() => String, { nullable: true, description: 'Why, for those who come after.' }) note?: string | null
  @Field(() => Int, { nullable: true, description: 'Without it, the limit holds until it is cleared.' })
  expiresInMinutes?: number | null
}

@Resolver(() => ClientLimit)
export class ClientLimitResolver {
  @Query(() => [ClientLimit], { description: 'The limits that are set for API clients. Only for administrators.' })
  clientLimits(@Ctx() ctx: Context): Promise<ClientLimit[]> {
    return listClientLimits(ctx)
  }

  @Mutation(() => ClientLimit, {
    description:
      'Sets what an API client may spend, in place of what was set before; holds everywhere within two seconds. Only for administrators.',
  })
  setClientLimit(@Ctx() ctx: Context, @Arg('input', () => NewClientLimit) input: NewClientLimit): Promise<ClientLimit> {
    return setClientLimit(ctx, input)
  }

  @Mutation(() => ID, { description: 'Back to the defaults of its class. Only for administrators.' })
  clearClientLimit(@Ctx() ctx: Context, @Arg('clientId', () => ID) clientId: string): Promise<string> {
    return clearClientLimit(ctx, clientId)
  }
}
