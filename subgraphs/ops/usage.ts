import { Arg, Ctx, Field, Float, ID, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { usersOf } from '../../drizzle/usage.ts'
import { momentOf } from './argument.ts'
import { PageInfo } from './page-info.ts'
import { DateTime } from './scalars.ts'
import { listUsage, type UsageFilter, type UsagePage } from './uses.ts'

const text = (description?: string) => Field(() => String, { nullable: true, ...(description && { description }) })
const id = (description?: string) => Field(() => ID, { nullable: true, ...(description && { description }) })

@ObjectType({ description: 'That one caller uses one thing through one of the APIs, how often, and when last.' })
export class UsageEntry {
  @Field(() => String, { description: '`Accounts.phone_office`, `Query.accounts`; of REST operations their own name.' })
  name!: string
  @Field(() => String, { description: 'field, or operation: of a REST API.' }) kind!: string
  @id() clientId!: string | null
  @text() clientName!: string | null
  @id('The API key, where one was used.') keyId!: string | null
  @text() keyName!: string | null
  @id('Of sessions of the legacy API, which come through no API client.') userId!: string | null
  @text() userName!: string | null
  @Field(() => String, { description: 'graphql, v8, v4_1 and others.' }) door!: string
  @text('Of the API.') version!: string | null
  @Field(() => Float, { description: 'Requests that have used it, refused ones not among them.' }) count!: number
  @Field(() => DateTime) firstAt!: string
  @Field(() => DateTime) lastAt!: string
  @Field(() => Boolean, { description: 'It will go.' }) deprecated!: boolean
}

@ObjectType()
export class UsageEntryConnection {
  @Field(() => [UsageEntry]) nodes!: readonly UsageEntry[]
  @Field(() => PageInfo) pageInfo!: PageInfo
}

@ObjectType({ description: 'An API client, an API key, or a user of the legacy API, with what it uses.' })
export class FieldUser {
  @id() clientId!: string | null
  @text() clientName!: string | null
  @id() keyId!: string | null
  @text() keyName!: string | null
  @id() userId!: string | null
  @text() userName!: string | null
  @Field(() => [String], { description: 'What of it is used.' }) names!: readonly string[]
  @Field(() => [String], { description: 'Through which APIs.' }) doors!: readonly string[]
  @Field(() => Float, { description: 'Requests; one that uses several of the names counts for each.' }) count!: number
  @Field(() => DateTime) firstAt!: string
  @Field(() => DateTime) lastAt!: string
}

@InputType('UsageFilter', { description: 'Uses of which all of this is true.' })
export class UsageFilterInput implements UsageFilter {
  @text('`Accounts.phone_office`, `Query.accounts`, `getRecords`; `Accounts` for all fields of the module.')
  name?: string | null
  @text('field or operation.') kind?: 'field' | 'operation' | null
  @id() clientId?: string | null
  @id() keyId?: string | null
  @id() userId?: string | null
  @text() door?: string | null
  @text() version?: string | null
  @Field(() => Boolean, { nullable: true }) deprecated?: boolean | null
  @text('Last used from this moment on: `2030-03-04T10:30:00Z`, or a day.') from?: string | null
  @text('Last used before this moment.') to?: string | null
}

@Resolver(() => UsageEntry)
export class UsageResolver {
  @Query(() => UsageEntryConnection, {
    description:
      'Who uses what of the APIs, by name and caller; a use is known five seconds later. Kept until nobody has used it for 400 days. Only for administrators.',
  })
  usage(
    @Ctx() ctx: Context,
    @Arg('first', () => Int, { defaultValue: 50, description: 'At most 1000.' }) first: number,
    @Arg('filter', () => UsageFilterInput, { nullable: true }) filter?: UsageFilterInput | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
  ): Promise<UsagePage> {
    return listUsage(ctx, filter ?? {}, { first, after })
  }

  @Query(() => [FieldUser], {
    description:
      'Whom it would break if these were removed: everybody who uses any of them, whoever used it last first. At most 1000. Only for administrators.',
  })
  usersOf(
    @Ctx() ctx: Context,
    @Arg('names', () => [String], { description: '`Accounts.phone_office`; `Accounts` for all fields of the module.' })
    names: string[],
    @Arg('since', () => String, { nullable: true, description: 'Only who has used it from then on.' })
    since?: string | null,
  ): Promise<FieldUser[]> {
    return usersOf(ctx, names, since == null ? undefined : new Date(momentOf('since', since)))
  }
}
