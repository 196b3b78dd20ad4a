import { Arg, Ctx, Field, InputType, Int, Mutation, ObjectType, Query, registerEnumType, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { addedKinds, type AddedKind } from './field-row.ts'
import { addField, changeField, listFields, purgeField, removeField, type CustomField as Listed } from './fields.ts'
import { OptionInput } from './list.ts'
import { DateTime } from './scalars.ts'

const AddedKinds = Object.fromEntries(addedKinds.map(kind => [kind.toUpperCase(), kind])) as Record<string, AddedKind>

registerEnumType(AddedKinds, {
  name: 'CustomFieldKind',
  description:
    "What a field holds, in the words of SuiteCRM's Studio. RELATE shows a record of another module, and brings a field " +
    'for its id along.',
})

const words = {
  name: 'a-z, 0-9 and _; `_c` is put at its end where it is missing.',
  label: 'What people read. Without one it is made of the name.',
  length: 'Characters of a text (255), digits of a number (18).',
  precision: 'Places after the point: 2 for DECIMAL, 8 for FLOAT.',
  default:
    'What a record holds when nothing is sent; existing records get it too when the field is added. A key for options, `true` or `false` for BOOL.',
  required: 'Must a new record have a value?',
  sensitive: 'It never leaves the system through any API.',
  list: 'The list that its options are chosen from; `optionLists` shows what there is.',
  force: 'Do it even if that takes something from clients.',
}

@ObjectType({ description: 'A field that this installation added to a module.' })
export class CustomField {
  @Field(() => String) module!: string
  @Field(() => String) name!: string
  @Field(() => String, { description: "In the words of SuiteCRM's Studio, such as `varchar`." }) kind!: string
  @Field(() => String, { nullable: true, description: words.label }) label!: string | null
  @Field(() => Int, { nullable: true, description: words.length }) length!: number | null
  @Field(() => String, { nullable: true, description: words.default }) default!: string | null
  @Field(() => Boolean, { description: words.required }) required!: boolean
  @Field(() => Boolean) audited!: boolean
  @Field(() => Boolean, { description: words.sensitive }) sensitive!: boolean
  @Field(() => String, { nullable: true, description: words.list }) list!: string | null
  @Field(() => String, { nullable: true, description: 'The module whose records it shows.' })
  relatedModule!: string | null
  @Field(() => DateTime, { nullable: true, description: 'Since then it is not served. Its values stay until a purge.' })
  removedAt!: string | null
}

@InputType({ description: 'A field to add.' })
export class NewFieldInput {
  @Field(() => String, { description: words.name }) name!: string
  @Field(() => AddedKinds) kind!: AddedKind
  @Field(() => String, { nullable: true, description: words.label }) label?: string | null
  @Field(() => Int, { nullable: true, description: words.length }) length?: number | null
  @Field(() => Int, { nullable: true, description: words.precision }) precision?: number | null
  @Field(() => String, { nullable: true, description: words.default }) default?: string | null
  @Field(() => Boolean, { nullable: true, description: words.required }) required?: boolean | null
  @Field(() => Boolean, { nullable: true }) audited?: boolean | null
  @Field(() => Boolean, { nullable: true, description: words.sensitive }) sensitive?: boolean | null
  @Field(() => String, { nullable: true, description: words.list }) list?: string | null
  @Field(() => [OptionInput], { nullable: true, description: 'In place of `list`: options of its own.' })
  options?: OptionInput[] | null
  @Field(() => String, { nullable: true, description: 'For RELATE: the module whose records it shows.' })
  module?: string | null
}

@InputType({ description: 'What is to be different. What is left out stays; what the field holds stays too.' })
export class FieldChangesInput {
  @Field(() => String, { nullable: true, description: words.label }) label?: string | null
  @Field(() => Int, { nullable: true, description: words.length }) length?: number | null
  @Field(() => String, { nullable: true, description: 'For new records. Null for none.' }) default?: string | null
  @Field(() => Boolean, { nullable: true, description: words.required }) required?: boolean | null
  @Field(() => Boolean, { nullable: true }) audited?: boolean | null
  @Field(() => Boolean, { nullable: true, description: words.sensitive }) sensitive?: boolean | null
  @Field(() => String, { nullable: true, description: words.list }) list?: string | null
}

@ObjectType({ description: 'What came of a change of a field.' })
export class FieldChange {
  @Field(() => CustomField) field!: CustomField
  @Field(() => Int, {
    description: 'The version of the definitions since. All processes serve it within a few seconds.',
  })
  version!: number
}

@Resolver(() => CustomField)
export class FieldResolver {
  @Query(() => Int, {
    description: 'The version of the definitions that answers you. It counts the changes of fields, modules and lists.',
  })
  definitionsVersion(@Ctx() { catalog }: Context): number {
    return catalog.version
  }

  @Query(() => [CustomField], { description: 'The fields that this installation added, by module and name.' })
  customFields(
    @Ctx() ctx: Context,
    @Arg('module', () => String, { nullable: true }) module?: string | null,
    @Arg('removed', () => Boolean, { defaultValue: false, description: 'Also those that were removed.' })
    removed?: boolean,
  ): Promise<CustomField[]> {
    return listFields(ctx, { module, removed })
  }

  @Mutation(() => FieldChange, {
    description:
      'Adds a field to a module; every API serves it within a few seconds. One that was removed comes back with its ' +
      'values. Only for administrators.',
  })
  async addField(
    @Ctx() ctx: Context,
    @Arg('module', () => String) module: string,
    @Arg('input', () => NewFieldInput) input: NewFieldInput,
  ): Promise<FieldChange> {
    return changeOf(await addField(ctx, module, input))
  }

  @Mutation(() => FieldChange, {
    description:
      'Changes what is said of a field. What takes something from clients is refused with CONFLICT unless it is forced. ' +
      'Only for administrators.',
  })
  async changeField(
    @Ctx() ctx: Context,
    @Arg('module', () => String) module: string,
    @Arg('name', () => String) name: string,
    @Arg('input', () => FieldChangesInput) input: FieldChangesInput,
    @Arg('force', () => Boolean, { defaultValue: false, description: words.force }) force: boolean,
  ): Promise<FieldChange> {
    return changeOf(await changeField(ctx, module, name, input, force))
  }

  @Mutation(() => FieldChange, {
    description:
      'Serves a field no longer; its values are kept, and are there again when it is added again. Refused with CONFLICT ' +
      'unless it is forced. Only for administrators.',
  })
  async removeField(
    @Ctx() ctx: Context,
    @Arg('module', () => String) module: string,
    @Arg('name', () => String) name: string,
    @Arg('force', () => Boolean, { defaultValue: false, description: words.force }) force: boolean,
  ): Promise<FieldChange> {
    return changeOf(await removeField(ctx, module, name, force))
  }

  @Mutation(() => FieldChange, {
    description: 'Drops what a removed field has kept, for ever. Only for administrators.',
  })
  async purgeField(
    @Ctx() ctx: Context,
    @Arg('module', () => String) module: string,
    @Arg('name', () => String) name: string,
  ): Promise<FieldChange> {
    return changeOf(await purgeField(ctx, module, name))
  }
}

const changeOf = ({ version, result }: { version: number; result: Listed }): FieldChange => ({ version, field: result })
