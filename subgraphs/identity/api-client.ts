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
import type { ClientGrant, ExtraGrant, TokenFormat } from './client-settings.ts'
import { createClient, deleteClient, findClient, listClients, rotateSecret, updateClient } from './clients.ts'
import { User } from './entities.ts'
import { DateTime } from './scalars.ts'

const ClientGrants = {
  PASSWORD: 'password',
  CLIENT_CREDENTIALS: 'client_credentials',
  AUTHORIZATION_CODE: 'authorization_code',
} as const satisfies Record<string, ClientGrant>

registerEnumType(ClientGrants, {
  name: 'ClientGrant',
  description: 'How an API client gets its tokens; each client has one way, and may also refresh.',
})

const ExtraGrants = {
  CLIENT_CREDENTIALS: 'client_credentials',
  AUTHORIZATION_CODE: 'authorization_code',
  DEVICE_CODE: 'urn:ietf:params:oauth:grant-type:device_code',
} as const satisfies Record<string, ExtraGrant>

registerEnumType(ExtraGrants, {
  name: 'ExtraGrant',
  description: 'A further way for an API client to get tokens. DEVICE_CODE is for devices without a browser.',
})

const TokenFormats = { LEGACY: 'legacy', AT_JWT: 'at+jwt' } as const satisfies Record<string, TokenFormat>

registerEnumType(TokenFormats, {
  name: 'TokenFormat',
  description:
    'What access tokens look like. AT_JWT: ES256 by RFC 9068, with scopes. LEGACY: RS256 as SuiteCRM makes them.',
})

const words = {
  scopes: 'The most that its tokens can be granted, such as `records:read:Accounts`',
  redirectUrls: 'Where sign-in may lead back to: https, 127.0.0.1, or the scheme of an app. At most 20.',
  passwordGrant: 'May it send names and passwords of users? Only for clients that cannot be changed any more.',
  tokenSeconds: 'How long an access token lives, 60 to 3600 seconds',
  apiVersion: 'The version of REST V8 that answers it when it asks for none: 8.0 or 8.1',
  requiresIfMatch: 'Must its changes by REST V8 8.1 say which version of a record they were made from (If-Match)?',
  requiresIdempotencyKey: 'Must its changes by GraphQL and REST V8 have an Idempotency-Key?',
  requiresDpop: 'Must its tokens be bound to a key that it holds (RFC 9449)?',
}

@ObjectType({ description: 'A program that may ask for tokens.' })
export class ApiClient {
  @Field(() => ID, { description: 'The `client_id`.' }) id!: string
  @Field(() => String) name!: string
  @Field(() => ClientGrants, { nullable: true }) grant!: ClientGrant | null
  @Field(() => [ExtraGrants], { description: 'Further ways to get tokens.' }) extraGrants!: readonly ExtraGrant[]
  @Field(() => Boolean, { description: words.passwordGrant }) passwordGrant!: boolean
  @Field(() => String, {
    nullable: true,
    description: 'The first of `redirectUrls`.',
    deprecationReason: 'Use redirectUrls.',
  })
  redirectUrl!: string | null
  @Field(() => [String], { description: words.redirectUrls }) redirectUrls!: readonly string[]
  @Field(() => Boolean, { description: 'False for apps that cannot keep a secret.' }) isConfidential!: boolean
  @Field(() => [String], { nullable: true, description: `${words.scopes}. Null: everything that its user may.` })
  scopes!: readonly string[] | null
  @Field(() => TokenFormats) tokenFormat!: TokenFormat
  @Field(() => Int, { nullable: true, description: `${words.tokenSeconds}; null: as usual for the format.` })
  tokenSeconds!: number | null
  @Field(() => Boolean, { description: words.requiresDpop }) requiresDpop!: boolean
  @Field(() => String, { nullable: true, description: `${words.apiVersion}. Null: 8.0.` }) apiVersion!: string | null
  @Field(() => Boolean, { description: words.requiresIfMatch }) requiresIfMatch!: boolean
  @Field(() => Boolean, { description: words.requiresIdempotencyKey }) requiresIdempotencyKey!: boolean
  @Field(() => DateTime, { nullable: true }) createdAt!: string | null
  @Field(() => User, { nullable: true, description: 'Whom the client acts as with client_credentials.' })
  actsAs!: User | null
}

@ObjectType({ description: 'An API client and its secret, which is shown this once.' })
export class ApiClientWithSecret {
  @Field(() => ApiClient) client!: ApiClient
  @Field(() => String, { description: 'The `client_secret`. It is stored as a hash and cannot be shown again.' })
  secret!: string
}

/** What can be said of a new client and changed of a known one. */
@InputType()
abstract class ClientSettings {
  @Field(() => ID, { nullable: true, description: 'Needed by CLIENT_CREDENTIALS: the user it acts as.' })
  userId?: string | null
  @Field(() => [String], { nullable: true, description: words.redirectUrls }) redirectUrls?: string[] | null
  @Field(() => [String], { nullable: true, description: `${words.scopes}; \`*\` alone for everything.` })
  scopes?: string[] | null
  @Field(() => [ExtraGrants], { nullable: true, description: 'Further ways to get tokens.' })
  extraGrants?: ExtraGrant[] | null
  @Field(() => Boolean, { nullable: true, description: words.passwordGrant }) passwordGrant?: boolean | null
  @Field(() => TokenFormats, { nullable: true, description: 'AT_JWT for new clients.' })
  tokenFormat?: TokenFormat | null
  @Field(() => Int, { nullable: true, description: `${words.tokenSeconds}.` }) tokenSeconds?: number | null
  @Field(() => Boolean, { nullable: true, description: words.requiresDpop }) requiresDpop?: boolean | null
  @Field(() => String, { nullable: true, description: `${words.apiVersion}.` }) apiVersion?: string | null
  @Field(() => Boolean, { nullable: true, description: words.requiresIfMatch }) requiresIfMatch?: boolean | null
  @Field(() => Boolean, { nullable: true, description: words.requiresIdempotencyKey })
  requiresIdempotencyKey?: boolean | null
}

@InputType({ description: 'An API client to make.' })
export class NewApiClient extends ClientSettings {
  @Field(() => String) name!: string
  @Field(() => ClientGrants) grant!: ClientGrant
  @Field(() => String, { nullable: true, description: 'Needed by AUTHORIZATION_CODE, here or in `redirectUrls`.' })
  redirectUrl?: string | null
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: 'False for apps that cannot keep a secret.',
  })
  isConfidential?: boolean | null
}

@InputType({ description: 'What is to change of an API client; what is left out stays.' })
export class ApiClientChanges extends ClientSettings {
  @Field(() => String, { nullable: true }) name?: string | null
}

@Resolver(() => ApiClient)
export class ApiClientResolver {
  @Query(() => [ApiClient], { description: 'All API clients. Only for administrators.' })
  apiClients(@Ctx() ctx: Context): Promise<ApiClient[]> {
    return listClients(ctx)
  }

  @Query(() => ApiClient, { nullable: true, description: 'One API client. Only for administrators.' })
  apiClient(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<ApiClient | undefined> {
    return findClient(ctx, id)
  }

  @Mutation(() => ApiClientWithSecret, { description: 'Only for administrators.' })
  createApiClient(
    @Ctx() ctx: Context,
    @Arg('input', () => NewApiClient) input: NewApiClient,
  ): Promise<ApiClientWithSecret> {
    return createClient(ctx, input)
  }

  @Mutation(() => ApiClient, {
    description: 'Changes an API client, for tokens already made too. Only for administrators.',
  })
  updateApiClient(
    @Ctx() ctx: Context,
    @Arg('id', () => ID) id: string,
    @Arg('input', () => ApiClientChanges) input: ApiClientChanges,
  ): Promise<ApiClient> {
    return updateClient(ctx, id, input)
  }

  @Mutation(() => ApiClientWithSecret, {
    description: 'Gives an API client another secret; the old one is refused from now on. Only for administrators.',
  })
  rotateApiClientSecret(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<ApiClientWithSecret> {
    return rotateSecret(ctx, id)
  }

  @Mutation(() => ID, {
    description: 'Deletes an API client; its tokens are refused from now on. Only for administrators.',
  })
  deleteApiClient(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<string> {
    return deleteClient(ctx, id)
  }
}
