import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Mutation,
  ObjectType,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import type { AccessLevel, FieldRight } from '../../schema/access.ts'
import { AccessLevels } from './access-levels.ts'
import { Role } from './entities.ts'
import { setRoleActions, setRoleFields } from './role-rules.ts'
import { roleActionsOf, roleFieldsOf } from './roles.ts'

const FieldRights = { NONE: 'NONE', READ: 'READ', WRITE: 'WRITE' } as const satisfies { [Right in FieldRight]: Right }

registerEnumType(FieldRights, {
  name: 'FieldRight',
  description: 'What may be done with a field: nothing, not even see it (NONE), READ it, or read and WRITE it.',
})

@ObjectType({ description: 'What a role sets for an action of a module.' })
export class RoleAction {
  @Field(() => String) module!: string
  @Field(() => String) action!: string
  @Field(() => AccessLevels) level!: AccessLevel
}

@ObjectType({ description: 'What a role lets be done with a field.' })
export class RoleField {
  @Field(() => String) module!: string
  @Field(() => String) field!: string
  @Field(() => FieldRights) right!: FieldRight
}

@InputType({ description: 'How far an action is to reach.' })
export class RoleActionInput {
  @Field(() => String, { description: 'A module, e.g. `Accounts`.' }) module!: string
  @Field(() => String, { description: 'access, delete, edit, export, import, list, massupdate or view.' })
  action!: string
  @Field(() => AccessLevels, { description: 'DEFAULT takes back what the role said.' }) level!: AccessLevel
}

@InputType({ description: 'What is to be done with a field.' })
export class RoleFieldInput {
  @Field(() => String, { description: 'A module, e.g. `Accounts`.' }) module!: string
  @Field(() => String, { description: 'One of its fields, e.g. `annual_revenue`.' }) field!: string
  @Field(() => FieldRights, { nullable: true, description: 'Null takes back what the role said.' })
  right?: FieldRight | null
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

  @FieldResolver(() => [RoleField], {
    nullable: true,
    description: 'The fields that the role has a rule for. Only for who has the role and administrators.',
  })
  fields(@Root() role: Role, @Ctx() ctx: Context): Promise<RoleField[]> {
    return roleFieldsOf(ctx, role.id)
  }

  @Mutation(() => Role, {
    description:
      'Sets how far actions reach for who has the role; other actions stay as they are. ' +
      'Of several roles the most generous counts. Only for administrators.',
  })
  setRoleActions(
    @Ctx() ctx: Context,
    @Arg('roleId', () => ID) roleId: string,
    @Arg('rules', () => [RoleActionInput]) rules: RoleActionInput[],
  ): Promise<Role> {
    return setRoleActions(ctx, roleId, rules)
  }

  @Mutation(() => Role, {
    description:
      'Sets what may be done with single fields by who has the role; other fields stay as they are. ' +
      'Of several roles that say something of a field the most generous counts. Only for administrators.',
  })
  setRoleFields(
    @Ctx() ctx: Context,
    @Arg('roleId', () => ID) roleId: string,
    @Arg('rules', () => [RoleFieldInput]) rules: RoleFieldInput[],
  ): Promise<Role> {
    return setRoleFields(ctx, roleId, rules)
  }
}
