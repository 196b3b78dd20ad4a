import { Arg, Ctx, Field, FieldResolver, ID, ObjectType, Query, Resolver, Root } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { AccessLevels } from './access-levels.ts'
import type { AccessLevel } from '../../schema/access.ts'
import { accessOf, type ModuleAccess as Access } from './access.ts'
import { groupsOf } from './groups.ts'
import { Role, SecurityGroup, User } from './entities.ts'
import { findPreferences, preferencesOf } from './preferences.ts'
import { rolesOf } from './roles.ts'
import { Json } from './scalars.ts'

@ObjectType({ description: 'How far one action reaches.' })
export class ActionAccess {
  @Field(() => String, { description: 'access, delete, edit, export, import, list, massupdate or view.' })
  action!: string
  @Field(() => AccessLevels) level!: AccessLevel
}

@ObjectType({ description: 'What the caller may do with the records of a module.' })
export class ModuleAccess {
  @Field(() => String) module!: string
  @Field(() => Boolean, { description: 'Is the module open at all?' }) access!: boolean
  @Field(() => [ActionAccess]) actions!: readonly ActionAccess[]
  @Field(() => [String], { description: 'Fields that read as null and cannot be written, filtered or sorted by.' })
  hiddenFields!: readonly string[]
  @Field(() => [String], { description: 'Fields that can be read, but not written.' })
  readOnlyFields!: readonly string[]
}

@Resolver(() => User)
export class UserResolver {
  @Query(() => User, { description: 'The user on whose behalf the request is made.' })
  me(@Ctx() ctx: Context): User {
    return { id: ctx.principal.userId }
  }

  @Query(() => [ModuleAccess], { description: 'What the caller may do, module by module.' })
  myAccess(@Ctx() ctx: Context): Promise<Access[]> {
    return accessOf(ctx)
  }

  @Query(() => ModuleAccess, { nullable: true, description: 'What the caller may do with the records of one module.' })
  async moduleAccess(@Ctx() ctx: Context, @Arg('module', () => String) module: string): Promise<Access | undefined> {
    return (await accessOf(ctx)).find(access => access.module === module)
  }

  @Query(() => Json, { description: 'What a user has chosen, by category. Only for the user and administrators.' })
  userPreferences(
    @Ctx() ctx: Context,
    @Arg('userId', () => ID) userId: string,
    @Arg('category', () => String, { nullable: true }) category?: string,
  ) {
    return findPreferences(ctx, userId, category ?? undefined)
  }

  @FieldResolver(() => [Role], {
    nullable: true,
    description: 'Roles, direct ones and those of security groups. Only for the user and administrators.',
  })
  roles(@Root() user: User, @Ctx() ctx: Context): Promise<Role[]> {
    return rolesOf(ctx, user.id)
  }

  @FieldResolver(() => [SecurityGroup], {
    nullable: true,
    description: 'Security groups. Only for the user and administrators.',
  })
  securityGroups(@Root() user: User, @Ctx() ctx: Context): Promise<SecurityGroup[]> {
    return groupsOf(ctx, user.id)
  }

  @FieldResolver(() => Json, {
    nullable: true,
    description: 'What the user has chosen, by category. Only for the user and administrators.',
  })
  preferences(
    @Root() user: User,
    @Ctx() ctx: Context,
    @Arg('category', () => String, { nullable: true }) category?: string,
  ) {
    return preferencesOf(ctx, user.id, category ?? undefined)
  }
}
