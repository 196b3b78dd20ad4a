import { Directive, Field, ID, ObjectType } from 'type-graphql'

// Records that the crm subgraph owns. Here they are ids; what identity adds stands in the resolver of each.

@Directive('@key(fields: "id")')
@ObjectType()
export class User {
  @Field(() => ID) id!: string
}

@Directive('@key(fields: "id")')
@ObjectType()
export class Role {
  @Field(() => ID) id!: string
}

@Directive('@key(fields: "id")')
@ObjectType()
export class SecurityGroup {
  @Field(() => ID) id!: string
}
