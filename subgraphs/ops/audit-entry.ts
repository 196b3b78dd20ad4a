import { Arg, Ctx, Field, ID, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import { auditSubjects } from '../../schema/audited.ts'
import { listAudit, type AuditFilter, type AuditPage } from './audit-entries.ts'
import { PageInfo } from './page-info.ts'
import { DateTime, Json } from './scalars.ts'

const text = (description?: string) => Field(() => String, { nullable: true, ...(description && { description }) })
const id = (description?: string) => Field(() => ID, { nullable: true, ...(description && { description }) })

@ObjectType({
  description:
    'A change of what decides about this installation: who made it, and what was before and after. Never changed.',
})
export class AuditEntry {
  @Field(() => ID, { description: 'Entries are numbered from 1, without a gap.' }) id!: string
  @Field(() => DateTime) at!: string
  @Field(() => String, { description: 'What was changed and how: `client.created`, `role.member_added`.' })
  action!: string
  @Field(() => ID, { description: 'Of what was changed.' }) subjectId!: string
  @id('Of another thing that the change is about: who became a member, whose key it is.') relatedId!: string | null
  @Field(() => ID, { description: 'Who did it. `1` with the door `cli`: whoever runs commands on the installation.' })
  userId!: string
  @Field(() => String, { description: 'The name they had then; with the door `cli`, that of the operating system.' })
  userName!: string
  @id('The API client that it came through.') clientId!: string | null
  @id('The API key that it came with.') keyId!: string | null
  @text('graphql, v8, v4_1, or cli. Null: the house itself.') door!: string | null
  @Field(() => String, { description: 'The `X-Request-Id` of the answer; of a command, its name.' }) requestId!: string
  @Field(() => Json, {
    nullable: true,
    description:
      'The fields that changed, as they were; `[redacted]` for what may not be shown. Null: it was not there.',
  })
  before!: unknown
  @Field(() => Json, {
    nullable: true,
    description: 'The same after the change. Null: it is gone, or there is nothing to tell.',
  })
  after!: unknown
  @Field(() => String, {
    description:
      'SHA-256 over the hash of the entry before and all of this one. Note that of the newest entry elsewhere: `switchyard audit verify --head` finds out whether it is still there.',
  })
  hash!: string
}

@ObjectType()
export class AuditEntryConnection {
  @Field(() => [AuditEntry]) nodes!: readonly AuditEntry[]
  @Field(() => PageInfo) pageInfo!: PageInfo
}

@InputType({ description: 'Entries of which all of this is true.' })
export class AuditEntryFilter implements AuditFilter {
  @text(`A kind of thing: ${auditSubjects.join(', ')}.`) subject?: string | null
  @id('Of what was changed, or of the other thing that the change is about.') id?: string | null
  @text('Such as `client.secret_rotated`.') action?: string | null
  @id('Who did it.') userId?: string | null
  @id() clientId?: string | null
  @id() keyId?: string | null
  @text() requestId?: string | null
  @text('graphql, v8, v4_1 or cli.') door?: string | null
  @text('From this moment on: `2030-03-04T10:30:00Z`, or a day.') from?: string | null
  @text('Before this moment.') to?: string | null
}

@Resolver(() => AuditEntry)
export class AuditResolver {
  @Query(() => AuditEntryConnection, {
    description:
      'Every change of users, roles, groups, API clients, keys, limits, definitions and settings, the newest first. Only for administrators.',
  })
  auditEntries(
    @Ctx() ctx: Context,
    @Arg('first', () => Int, { defaultValue: 50, description: 'At most 1000.' }) first: number,
    @Arg('filter', () => AuditEntryFilter, { nullable: true }) filter?: AuditEntryFilter | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
  ): Promise<AuditPage> {
    return listAudit(ctx, filter ?? {}, { first, after })
  }
}
