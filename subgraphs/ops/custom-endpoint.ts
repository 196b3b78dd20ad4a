import { Arg, Ctx, Field, FieldResolver, ID, Int, Mutation, ObjectType, Query, Resolver, Root } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { once } from '../../drizzle/once.ts'
import {
  enableEndpoint,
  findEndpoint,
  listEndpoints,
  removeEndpoint,
  saveEndpoint,
  versionsOf,
} from './endpoints/endpoints.ts'
import { DateTime, Json } from './scalars.ts'

@ObjectType({
  description: 'A declaration as it was saved once. It can still be called, by the header Endpoint-Version.',
})
export class CustomEndpointVersion {
  @Field(() => Int) version!: number
  @Field(() => Json) declaration!: unknown
  @Field(() => ID, { description: 'The user who saved it.' }) savedBy!: string
  @Field(() => DateTime) savedAt!: string
}

@ObjectType({
  description: 'A REST endpoint below /custom: a stored operation with an input, an output and limits of its own.',
})
export class CustomEndpoint {
  @Field(() => ID) id!: string
  @Field(() => String) method!: string
  @Field(() => String, { description: 'Such as `/custom/customers/{id}/summary`.' }) path!: string
  @Field(() => String) description!: string
  @Field(() => Int, { description: 'The newest; called unless another one is asked for.' }) version!: number
  @Field(() => Boolean, { description: 'False: it answers 404.' }) enabled!: boolean
  @Field(() => Json, {
    description: 'What was declared, completed by the defaults; gateway/custom/README.md has the form.',
  })
  declaration!: unknown
  @Field(() => [String], {
    description: 'Why it cannot be called, when a field or module that it uses has changed since. Empty when it can.',
  })
  faults!: readonly string[]
  @Field(() => ID, { description: 'The user who saved this version.' }) savedBy!: string
  @Field(() => DateTime) savedAt!: string
}

@Resolver(() => CustomEndpoint)
export class CustomEndpointResolver {
  @Query(() => [CustomEndpoint], { description: 'All custom endpoints by path. Only for administrators.' })
  customEndpoints(@Ctx() ctx: Context): Promise<CustomEndpoint[]> {
    return listEndpoints(ctx)
  }

  @Query(() => CustomEndpoint, { nullable: true, description: 'One custom endpoint. Only for administrators.' })
  customEndpoint(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<CustomEndpoint | undefined> {
    return findEndpoint(ctx, id)
  }

  @FieldResolver(() => [CustomEndpointVersion], { description: 'What was saved for it, the newest first.' })
  versions(@Root() { id }: CustomEndpoint, @Ctx() ctx: Context): Promise<CustomEndpointVersion[]> {
    return versionsOf(ctx, id)
  }

  @Mutation(() => CustomEndpoint, {
    description:
      'Saves an endpoint: a new one, or the next version of the one at that method and path. ' +
      'It can be called within two seconds. Only for administrators.',
  })
  async saveCustomEndpoint(
    @Ctx() ctx: Context,
    @Arg('declaration', () => Json) declaration: unknown,
  ): Promise<CustomEndpoint> {
    return (await once(ctx, ctx => saveEndpoint(ctx, declaration))).value
  }

  @Mutation(() => CustomEndpoint, { description: 'Opens or closes an endpoint. Only for administrators.' })
  async enableCustomEndpoint(
    @Ctx() ctx: Context,
    @Arg('id', () => ID) id: string,
    @Arg('enabled', () => Boolean) enabled: boolean,
  ): Promise<CustomEndpoint> {
    return (await once(ctx, ctx => enableEndpoint(ctx, id, enabled))).value
  }

  @Mutation(() => ID, { description: 'Removes an endpoint with all its versions. Only for administrators.' })
  async removeCustomEndpoint(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<string> {
    return (await once(ctx, ctx => removeEndpoint(ctx, id))).value
  }
}
