import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Query, registerEnumType, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { createClient, deleteClient, listClients, rotateSecret, type ClientGrant } from './clients.ts'
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

@ObjectType({ description: 'A program that may ask for tokens.' })
export class ApiClient {
  @Field(() => ID, { description: 'The `client_id`.' }) id!: string
  @Field(() => String) name!: string
  @Field(() => ClientGrants, { nullable: true }) grant!: ClientGrant | null
  @Field(() => String, { nullable: true }) redirectUrl!: string | null
  @Field(() => Boolean, { description: 'False for apps that cannot keep a secret.' }) isConfidential!: boolean
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

@InputType({ description: 'An API client to make.' })
export class NewApiClient {
  @Field(() => String) name!: string
  @Field(() => ClientGrants) grant!: ClientGrant
  @Field(() => ID, { nullable: true, description: 'Needed by CLIENT_CREDENTIALS: the user it acts as.' })
  userId?: string | null
  @Field(() => String, { nullable: true, description: 'Needed by AUTHORIZATION_CODE.' })
  redirectUrl?: string | null
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: 'False for apps that cannot keep a secret.',
  })
  isConfidential?: boolean | null
}

@Resolver(() => ApiClient)
export class ApiClientResolver {
  @Query(() => [ApiClient], { description: 'All API clients. Only for administrators.' })
  apiClients(@Ctx() ctx: Context): Promise<ApiClient[]> {
    return listClients(ctx)
  }

  @Mutation(() => ApiClientWithSecret, { description: 'Only for administrators.' })
  createApiClient(
    @Ctx() ctx: Context,
    @Arg('input', () => NewApiClient) input: NewApiClient,
  ): Promise<ApiClientWithSecret> {
    return createClient(ctx, input)
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
