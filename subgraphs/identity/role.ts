import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { AccessLevels } from './access-levels.ts'
import type { AccessLevel } from '../../schema/access.ts'
import { Role } from './entities.ts'
import { roleActionsOf } from './roles.ts'

@ObjectType({ description: 'What a role sets for an action of a module.' })
export class RoleAction {
  @Field(() => String) module!: string
  @Field(() => String) action!: string
  @Field(() => AccessLevels) level!: AccessLevel
}

@Resolver(() => Role)
export class RoleResolver {
  @FieldResolver(() => [RoleAction], {
    nullable: true,
    description: 'What the role sets; the rest is left to the default. Only for who has the role and administrators.',
  })
  actions(@Root() role: Role, @Ctx() ctx: Context): Promise<RoleAction[]> {
    return roleActionsOf(ctx, role.id)
  }
}
