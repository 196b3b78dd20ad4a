import { Arg, Ctx, Field, ID, Mutation, ObjectType, Query, registerEnumType, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { User } from './entities.ts'
import { DateTime } from './scalars.ts'
import { listTokens, revokeToken, revokeTokensOfClient, revokeTokensOfUser, type TokenKind } from './tokens.ts'

const TokenKinds = { GRANT: 'GRANT', LOGIN: 'LOGIN', LEGACY_SESSION: 'LEGACY_SESSION' } as const satisfies {
  [Kind in TokenKind]: Kind
}

registerEnumType(TokenKinds, {
  name: 'TokenKind',
  description:
    'GRANT: an API client with its refresh token. LOGIN: a browser on the pages for signing in. ' +
    'LEGACY_SESSION: a session of the APIs v2 to v4.1.',
})

@ObjectType({
  description: 'Something with which one can act as a user without signing in again; never the token itself.',
})
export class Token {
  @Field(() => ID) id!: string
  @Field(() => TokenKinds) kind!: TokenKind
  @Field(() => User) user!: User
  @Field(() => ID, { nullable: true, description: 'The API client that was let in.' }) clientId!: string | null
  @Field(() => [String], { nullable: true, description: 'Null: it was not narrowed.' })
  scopes!: readonly string[] | null
  @Field(() => DateTime) createdAt!: string
  @Field(() => DateTime, { nullable: true, description: 'The last refresh, or the last request of a session.' })
  lastUsedAt!: string | null
  @Field(() => DateTime) expiresAt!: string
}

@Resolver(() => Token)
export class TokenResolver {
  @Query(() => [Token], {
    description: 'What you are signed in with, the newest first; for administrators what anybody is. At most 1000.',
  })
  async tokens(
    @Ctx() ctx: Context,
    @Arg('userId', () => ID, { nullable: true, description: 'Only those of this user.' }) userId?: string | null,
    @Arg('clientId', () => ID, { nullable: true, description: 'Only those of this API client.' })
    clientId?: string | null,
  ): Promise<Token[]> {
    const { principal } = ctx
    const owner = userId ?? (principal.isAdmin ? null : principal.userId)
    const tokens = await listTokens(ctx, { userId: owner, clientId })
    return tokens.map(({ userId: id, ...token }) => ({ ...token, user: { id } }))
  }

  @Mutation(() => ID, {
    description:
      'Ends what somebody is signed in with, and the access tokens from it. Yours; administrators, anybody’s.',
  })
  revokeToken(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<string> {
    return revokeToken(ctx, id)
  }

  @Mutation(() => ID, {
    description:
      'Signs you out everywhere: tokens, logins and legacy sessions end, this one too. API keys stay. ' +
      'Administrators may name somebody else.',
  })
  signOutEverywhere(
    @Ctx() ctx: Context,
    @Arg('userId', () => ID, { nullable: true }) userId?: string | null,
  ): Promise<string> {
    return revokeTokensOfUser(ctx, userId ?? ctx.principal.userId)
  }

  @Mutation(() => ID, {
    description: 'Ends all tokens of an API client; it may ask for new ones. Only for administrators.',
  })
  revokeApiClientTokens(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<string> {
    return revokeTokensOfClient(ctx, id)
  }
}
