import { Arg, Ctx, Field, InputType, Int, Mutation, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { setOptionList } from './lists.ts'

@InputType({ description: 'What can be chosen: the key is stored, the label is read by people.' })
export class OptionInput {
  @Field(() => String) key!: string
  @Field(() => String) label!: string
}

@Resolver()
export class OptionListResolver {
  @Mutation(() => Int, {
    description:
      'Makes a list of options, or gives one of this installation other options; answers the version of the definitions ' +
      'since. Refused with CONFLICT when an option goes, unless it is forced. Only for administrators.',
  })
  async setOptionList(
    @Ctx() ctx: Context,
    @Arg('name', () => String, { description: 'a-z, 0-9 and _. A list of SuiteCRM cannot be changed.' }) name: string,
    @Arg('options', () => [OptionInput]) options: OptionInput[],
    @Arg('force', () => Boolean, { defaultValue: false, description: 'Do it even if an option goes.' }) force: boolean,
  ): Promise<number> {
    return (await setOptionList(ctx, name, options, force)).version
  }
}
