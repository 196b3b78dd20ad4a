import { Arg, Ctx, Field, ID, Mutation, ObjectType, Query, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { listDocuments, registerDocuments, removeDocument } from './documents.ts'
import { DateTime } from './scalars.ts'

@ObjectType({ description: 'A GraphQL document that an API client may run by its id.' })
export class TrustedDocument {
  @Field(() => ID, {
    description: '`sha256:` and the SHA-256 of the text; send it as `documentId` in place of `query`.',
  })
  id!: string
  @Field(() => ID) clientId!: string
  @Field(() => String) text!: string
  @Field(() => DateTime) registeredAt!: string
}

@Resolver(() => TrustedDocument)
export class TrustedDocumentResolver {
  @Query(() => [TrustedDocument], { description: 'What is registered for an API client. Only for administrators.' })
  trustedDocuments(@Ctx() ctx: Context, @Arg('clientId', () => ID) clientId: string): Promise<TrustedDocument[]> {
    return listDocuments(ctx, clientId)
  }

  @Mutation(() => [ID], {
    description: 'Registers documents for an API client or key, and answers their ids. Only for administrators.',
  })
  registerDocuments(
    @Ctx() ctx: Context,
    @Arg('clientId', () => ID) clientId: string,
    @Arg('texts', () => [String]) texts: string[],
  ): Promise<string[]> {
    return registerDocuments(ctx, clientId, texts)
  }

  @Mutation(() => ID, { description: 'The client may no longer run it. Only for administrators.' })
  removeDocument(
    @Ctx() ctx: Context,
    @Arg('clientId', () => ID) clientId: string,
    @Arg('id', () => ID) id: string,
  ): Promise<string> {
    return removeDocument(ctx, clientId, id)
  }
}
