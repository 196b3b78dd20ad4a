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
import { User } from './entities.ts'
import { createKey, listKeys, revokeKey, rollKey, type KeyState } from './keys.ts'
import { DateTime } from './scalars.ts'

const KeyStates = { ACTIVE: 'ACTIVE', EXPIRED: 'EXPIRED', REVOKED: 'REVOKED' } as const satisfies {
  [State in KeyState]: State
}

registerEnumType(KeyStates, { name: 'ApiKeyState', description: 'Is an API key good, too old, or revoked?' })

@ObjectType({ description: 'A key with which a script acts as a user. The key itself is stored as a hash only.' })
export class ApiKey {
  @Field(() => ID) id!: string
  @Field(() => String) name!: string
  @Field(() => String, {
    description: 'The beginning of the key, `sw_live_` and eight characters, to recognise it by.',
  })
  prefix!: string
  @Field(() => User, { description: 'Whom it acts as. It never has more rights than this user.' }) owner!: User
  @Field(() => [String], {
    nullable: true,
    description: 'What it may do, such as `records:read:Accounts`. Null: everything that its owner may.',
  })
  scopes!: readonly string[] | null
  @Field(() => KeyStates) state!: KeyState
  @Field(() => DateTime) createdAt!: string
  @Field(() => User, { description: 'Who made it.' }) createdBy!: User
  @Field(() => DateTime, { nullable: true, description: 'Null: it never expires.' }) expiresAt!: string | null
  @Field(() => DateTime, { nullable: true, description: 'To the minute.' }) lastUsedAt!: string | null
  @Field(() => String, { nullable: true, description: 'The network address it was last used from.' })
  lastAddress!: string | null
  @Field(() => String, { nullable: true, description: 'The key before the last roll, while it is still good.' })
  previousPrefix!: string | null
  @Field(() => DateTime, { nullable: true, description: 'Until when the key before the last roll is good.' })
  previousExpiresAt!: string | null
}

@ObjectType({ description: 'An API key and its secret, which is shown this once.' })
export class ApiKeyWithSecret {
  @Field(() => ApiKey) key!: ApiKey
  @Field(() => String, {
    description: 'The whole key, for `Authorization: Bearer ...` or `X-Api-Key`. It cannot be shown again.',
  })
  secret!: string
}

@InputType({ description: 'An API key to make.' })
export class NewApiKey {
  @Field(() => String, { description: 'What people call it; at most 100 characters.' }) name!: string
  @Field(() => [String], {
    description: 'What it may do, such as `records:read` or `records:write:Accounts`; `*` alone for everything.',
  })
  scopes!: string[]
  @Field(() => ID, { nullable: true, description: 'Whom it acts as; you, if left out. Others: administrators only.' })
  userId?: string | null
  @Field(() => Int, { nullable: true, description: '1 to 3650; 90 if left out.' }) expiresInDays?: number | null
  @Field(() => Boolean, { nullable: true, description: 'It is good until it is revoked.' })
  neverExpires?: boolean | null
}

@InputType({ description: 'How an API key is replaced by a new one.' })
export class ApiKeyRoll {
  @Field(() => Int, { nullable: true, description: 'How long the old key is good too: 0 to 720; 24 if left out.' })
  overlapHours?: number | null
  @Field(() => Int, { nullable: true, description: '1 to 3650; as before if left out.' }) expiresInDays?: number | null
  @Field(() => Boolean, { nullable: true, description: 'It is good until it is revoked.' })
  neverExpires?: boolean | null
}

@Resolver(() => ApiKey)
export class ApiKeyResolver {
  @Query(() => [ApiKey], {
    description: 'Your API keys, the newest first; for administrators everybody’s. At most 1000.',
  })
  apiKeys(
    @Ctx() ctx: Context,
    @Arg('userId', () => ID, { nullable: true, description: 'Only those of this user.' }) userId?: string | null,
  ): Promise<ApiKey[]> {
    return listKeys(ctx, userId)
  }

  @Mutation(() => ApiKeyWithSecret, {
    description: 'Makes an API key that may not do more than you. Not with an API key.',
  })
  createApiKey(@Ctx() ctx: Context, @Arg('input', () => NewApiKey) input: NewApiKey): Promise<ApiKeyWithSecret> {
    return createKey(ctx, input)
  }

  @Mutation(() => ApiKeyWithSecret, {
    description:
      'Replaces an API key by a new one with the same rights; the old one is good for a while longer. ' +
      'For its owner and administrators, not with an API key.',
  })
  rollApiKey(
    @Ctx() ctx: Context,
    @Arg('id', () => ID) id: string,
    @Arg('input', () => ApiKeyRoll, { nullable: true }) input?: ApiKeyRoll | null,
  ): Promise<ApiKeyWithSecret> {
    return rollKey(ctx, id, input ?? {})
  }

  @Mutation(() => ApiKey, {
    description: 'Ends an API key; it is refused from now on. For its owner and administrators.',
  })
  revokeApiKey(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<ApiKey> {
    return revokeKey(ctx, id)
  }
}
