import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { SecurityGroup, User } from './entities.ts'
import { membersOf } from './groups.ts'

@ObjectType({ description: 'A user in a security group.' })
export class SecurityGroupMember {
  @Field(() => User) user!: User
  @Field(() => Boolean, { description: 'Is it the user’s primary group?' }) isPrimary!: boolean
  @Field(() => Boolean, { description: 'Do records of the user inherit the group?' }) isInheritable!: boolean
}

@Resolver(() => SecurityGroup)
export class SecurityGroupResolver {
  @FieldResolver(() => [SecurityGroupMember], {
    nullable: true,
    description: 'Who is in the group. Only for members and administrators.',
  })
  members(@Root() group: SecurityGroup, @Ctx() ctx: Context): Promise<SecurityGroupMember[]> {
    return membersOf(ctx, group.id)
  }
}
