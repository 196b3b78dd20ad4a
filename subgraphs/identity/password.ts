import { Arg, Ctx, Field, ID, InputType, Mutation, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { User } from './entities.ts'
import { changePassword } from './passwords.ts'

@InputType({ description: 'A password to change.' })
export class PasswordChange {
  @Field(() => ID, { nullable: true, description: 'Whose; yours, if left out. Others: administrators only.' })
  userId?: string | null
  @Field(() => String, { nullable: true, description: 'Needed for your own.' }) currentPassword?: string | null
  @Field(() => String, { description: '8 to 256 characters of any kind.' }) newPassword!: string
}

@Resolver(() => User)
export class PasswordResolver {
  @Mutation(() => User, {
    description:
      'Changes a password and signs the user out everywhere, this token included; API keys stay. ' +
      'Not with an API key or a token that was narrowed to scopes.',
  })
  changePassword(@Ctx() ctx: Context, @Arg('input', () => PasswordChange) input: PasswordChange): Promise<User> {
    return changePassword(ctx, input)
  }
}
