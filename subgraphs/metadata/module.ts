import { Arg, Ctx, Field, InputType, Int, Mutation, ObjectType, Query, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { NewFieldInput } from './field.ts'
import { addModule, listModules, purgeModule, removeModule, restoreModule, type ListedModule } from './modules.ts'
import { DateTime } from './scalars.ts'

const words = {
  name: 'The plural name that all APIs use: letters, digits and _, e.g. `Boats`.',
  type: 'Its type in GraphQL, e.g. `Boat`. Without one it is made of the name.',
  one: 'The query for one record, e.g. `boat`.',
  many: 'The query for many records, e.g. `boats`.',
  linkName: 'a-z, 0-9 and _, at most 20.',
  linkMany: 'May it lead to many records? Else it leads to one, whose id is kept in `<name>_id`.',
}

@ObjectType({ description: 'A link of a custom module. The other module has one back.' })
export class CustomLink {
  @Field(() => String) name!: string
  @Field(() => String) label!: string
  @Field(() => String, { description: 'Where it leads.' }) module!: string
  @Field(() => Boolean, { description: words.linkMany }) many!: boolean
}

@ObjectType({ description: "A module that this installation has beside SuiteCRM's. `module` shows its fields." })
export class CustomModule {
  @Field(() => String) name!: string
  @Field(() => String) label!: string
  @Field(() => String, { description: words.type }) type!: string
  @Field(() => String, { description: words.one }) one!: string
  @Field(() => String, { description: words.many }) many!: string
  @Field(() => String) table!: string
  @Field(() => [CustomLink]) links!: readonly CustomLink[]
  @Field(() => DateTime, {
    nullable: true,
    description: 'Since then it is not served. Its records stay until a purge.',
  })
  removedAt!: string | null
}

@InputType({ description: 'A link to another module.' })
export class NewLinkInput {
  @Field(() => String, { description: words.linkName }) name!: string
  @Field(() => String, { description: 'Where it leads, e.g. `Accounts`.' }) module!: string
  @Field(() => Boolean, { defaultValue: false, description: words.linkMany }) many!: boolean
  @Field(() => String, { nullable: true }) label?: string | null
}

@InputType({ description: 'A module to add.' })
export class NewModuleInput {
  @Field(() => String, { description: words.name }) name!: string
  @Field(() => String, { nullable: true, description: 'What people read.' }) label?: string | null
  @Field(() => String, { nullable: true, description: words.type }) type?: string | null
  @Field(() => String, { nullable: true, description: words.one }) one?: string | null
  @Field(() => String, { nullable: true, description: words.many }) many?: string | null
  @Field(() => [NewFieldInput], {
    nullable: true,
    description:
      'Beside id, name, description, dates, and who made, changed and owns a record. Names stay as they are.',
  })
  fields?: NewFieldInput[] | null
  @Field(() => [NewLinkInput], { nullable: true }) links?: NewLinkInput[] | null
}

@ObjectType({ description: 'What came of a change of a module.' })
export class ModuleChange {
  @Field(() => CustomModule) module!: CustomModule
  @Field(() => Int, {
    description: 'The version of the definitions since. All processes serve it within a few seconds.',
  })
  version!: number
}

@Resolver(() => CustomModule)
export class ModuleResolver {
  @Query(() => [CustomModule], { description: "The modules that this installation has beside SuiteCRM's." })
  customModules(
    @Ctx() ctx: Context,
    @Arg('removed', () => Boolean, { defaultValue: false, description: 'Also those that were removed.' })
    removed?: boolean,
  ): Promise<CustomModule[]> {
    return listModules(ctx, { removed })
  }

  @Mutation(() => ModuleChange, {
    description: 'Makes a module; every API serves it within a few seconds. Only for administrators.',
  })
  async addModule(
    @Ctx() ctx: Context,
    @Arg('input', () => NewModuleInput) input: NewModuleInput,
  ): Promise<ModuleChange> {
    return changeOf(await addModule(ctx, input))
  }

  @Mutation(() => ModuleChange, {
    description:
      'Serves a module no longer; its records are kept, and can be restored with it. Refused with CONFLICT unless it is ' +
      'forced. Only for administrators.',
  })
  async removeModule(
    @Ctx() ctx: Context,
    @Arg('name', () => String) name: string,
    @Arg('force', () => Boolean, { defaultValue: false, description: 'Do it although clients may use it.' })
    force: boolean,
  ): Promise<ModuleChange> {
    return changeOf(await removeModule(ctx, name, force))
  }

  @Mutation(() => ModuleChange, {
    description: 'Serves a removed module again, with its records. Only for administrators.',
  })
  async restoreModule(@Ctx() ctx: Context, @Arg('name', () => String) name: string): Promise<ModuleChange> {
    return changeOf(await restoreModule(ctx, name))
  }

  @Mutation(() => ModuleChange, {
    description: 'Drops a removed module with all its records, for ever. Only for administrators.',
  })
  async purgeModule(@Ctx() ctx: Context, @Arg('name', () => String) name: string): Promise<ModuleChange> {
    return changeOf(await purgeModule(ctx, name))
  }
}

const changeOf = ({ version, result }: { version: number; result: ListedModule }): ModuleChange => ({
  version,
  module: result,
})
