import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  Float,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql'
import type { Context } from '../../drizzle/context.ts'
import type { Recovery } from './activate.ts'
import type { EndpointInput } from './endpoint-input.ts'
import { listSecrets, rotateSecret, type NewSecret } from './endpoint-secrets.ts'
import {
  createEndpoint,
  deleteEndpoint,
  enableEndpoint,
  findEndpoint,
  listEndpoints,
  pauseEndpoint,
  updateEndpoint,
  type Endpoint,
  type EndpointWithSecret,
} from './endpoints.ts'
import { sendTest } from './delivery-deeds.ts'
import { previewPayload, samplesOf } from './preview.ts'
import { DateTime, Json } from './scalars.ts'

const Recoveries = { ALL: 'ALL', LATEST: 'LATEST', NONE: 'NONE' } as const satisfies { [Each in Recovery]: Each }
registerEnumType(Recoveries, {
  name: 'WebhookRecovery',
  description:
    'What of that which happened while an endpoint was not active it gets: all, the latest of each record, nothing.',
})
const Signings = { V1: 'V1', V1A: 'V1A' } as const
registerEnumType(Signings, {
  name: 'WebhookSigning',
  description: 'How messages are signed: V1 by a shared secret (HMAC-SHA256), V1A by a key pair (ed25519).',
})

const text = (description?: string) => Field(() => String, { nullable: true, ...(description && { description }) })
const given = (description?: string) => Field(() => Json, { nullable: true, ...(description && { description }) })
const whole = (description?: string) => Field(() => Int, { nullable: true, ...(description && { description }) })
const moment = (description?: string) => Field(() => DateTime, { nullable: true, ...(description && { description }) })

@ObjectType({ description: 'A secret of an endpoint, without the secret.' })
export class WebhookSecret {
  @Field(() => ID) id!: string
  @Field(() => Signings) signing!: keyof typeof Signings
  @text('Of a key pair: `whpk_...`. Also at /webhooks/{endpoint}/jwks.json.') publicKey!: string | null
  @Field(() => DateTime) createdAt!: string
  @moment('Until when an old one signs as well. Null: it is the current one.') expiresAt!: string | null
}

@ObjectType({ description: 'An address that receives events, signed as Standard Webhooks has it.' })
export class WebhookEndpoint {
  @Field(() => ID) id!: string
  @Field(() => String) url!: string
  @Field(() => String) description!: string
  @Field(() => String, { description: 'ACTIVE, PAUSED by a person, or DISABLED by the house.' }) status!: string
  @text('Of a disabled one: gone, failing, breaker, owner.') statusReason!: string | null
  @moment() statusAt!: string | null
  @Field(() => [String], {
    description: '`Accounts.updated`, `Accounts.*`, `*.deleted`, `*`, `webhooks.endpoint.disabled`.',
  })
  eventTypes!: readonly string[]
  @given('Asked of the record as the event leaves it; the same form as in lists.') filter!: unknown
  @Field(() => Json, { description: 'What is told of an event; subgraphs/webhooks/README.md has the form.' })
  payload!: unknown
  @Field(() => [String], { description: 'The headers that are added; their values are not shown again.' })
  headerNames!: readonly string[]
  @text('BASIC, BEARER, OAUTH2, or null.') authenticationKind!: string | null
  @moment('Of the client certificate.') certificateExpiresAt!: string | null
  @Field(() => [String], { description: 'What its owner should see to.' }) warnings!: readonly string[]
  @whole('At most so many requests in any second; null for no limit.') ratePerSecond!: number | null
  @Field(() => Int, { description: 'At most so many requests at a time.' }) concurrency!: number
  @Field(() => [Int], { description: 'Seconds before each retry.' }) schedule!: readonly number[]
  @Field(() => Int) timeoutMs!: number
  @Field(() => Boolean, { description: 'The events of a record one after the other; others never wait for them.' })
  ordered!: boolean
  @Field(() => String, {
    description: 'When nobody knows whether a request arrived: RESEND, HOLD for a person, PROBE.',
  })
  onUnknown!: string
  @Field(() => Boolean, { description: 'Nothing is sent again that may have arrived.' }) atMostOnce!: boolean
  @Field(() => Boolean, { description: 'Without what the owner’s own API client does.' }) skipOwn!: boolean
  @Field(() => Int, { description: 'Of the form of events.' }) version!: number
  @Field(() => DateTime) createdAt!: string
  @Field(() => DateTime) updatedAt!: string
  @Field(() => String, { description: 'CLOSED: requests pass. OPEN, HALF_OPEN: too many have failed.' })
  breaker!: string
  @moment('Since then nothing has been delivered, and something failed.') failingSince!: string | null
  @Field(() => Float) delivered!: number
  @Field(() => Float) failed!: number
  @moment() lastDeliveredAt!: string | null
  @moment() lastFailedAt!: string | null
  @Field(() => Float, { description: 'Events left out because of `skipOwn`.' }) ownChanges!: number
  @Field(() => Float, { description: 'Events left out because the filter could not be asked.' }) filterErrors!: number
  @text('Why the filter could not be asked, the last time.') filterError!: string | null
}

@ObjectType({ description: 'A secret that was made, told this once.' })
export class WebhookSecretShown {
  @text('`whsec_...`. Null for a key pair: its private key stays here.') secret!: string | null
  @text('`whpk_...`, of a key pair.') publicKey!: string | null
}

@ObjectType({ description: 'An endpoint that was made, and its secret, which is told this once.' })
export class WebhookEndpointWithSecret extends WebhookSecretShown {
  @Field(() => WebhookEndpoint) endpoint!: Endpoint
}

@InputType({ description: 'Settings of an endpoint. What is left out stays as it is, or has its default.' })
export class WebhookEndpointInput implements EndpointInput {
  @text('Begins with https:// and leads to a public address.') url?: string | null
  @text() description?: string | null
  @Field(() => [String], { nullable: true }) eventTypes?: string[] | null
  @given('Null for none.') filter?: unknown
  @given('`{"kind": "CHANGES"}`, THIN, FULL, SELECTION with `operation`, TEMPLATE with `template`.') payload?: unknown
  @given('Names and values.') headers?: unknown
  @given(
    '`{"kind": "BASIC", "username", "password"}`, BEARER with `token`, OAUTH2 with `tokenUrl`, `clientId`, `clientSecret`.',
  )
  authentication?: unknown
  @given('The client certificate: `{"cert", "key"}` in PEM.') certificate?: unknown
  @whole('1 to 10000.') ratePerSecond?: number | null
  @whole('1 to 200.') concurrency?: number | null
  @Field(() => [Int], { nullable: true, description: 'Seconds before each retry, at most 30. Empty: no retries.' })
  schedule?: number[] | null
  @whole('1000 to 30000.') timeoutMs?: number | null
  @Field(() => Boolean, { nullable: true }) ordered?: boolean | null
  @text('RESEND, HOLD or PROBE.') onUnknown?: string | null
  @Field(() => Boolean, { nullable: true }) atMostOnce?: boolean | null
  @Field(() => Boolean, { nullable: true }) skipOwn?: boolean | null
  @whole('Of the form of events: 1.') version?: number | null
  @Field(() => Boolean, { nullable: true, description: 'It goes by itself when its address answers 410.' })
  removedWhenGone?: boolean | null
}

@InputType({ description: 'An endpoint to make.' })
export class NewWebhookEndpoint extends WebhookEndpointInput {
  @Field(() => ID, {
    nullable: true,
    description: 'With whose rights events are chosen; you, if left out. Others: administrators only.',
  })
  ownerId?: string | null
  @Field(() => Signings, { nullable: true }) signing?: keyof typeof Signings | null
  @text('A secret of your own: `whsec_` and 24 to 64 bytes in base64.') secret?: string | null
}

@InputType({ description: 'How a secret is replaced.' })
export class WebhookRotation implements NewSecret {
  @Field(() => Signings, { nullable: true }) signing?: keyof typeof Signings | null
  @text('A secret of your own.') secret?: string | null
  @whole('How long the secret before it signs as well: 0 to 168; 24 if left out.') overlapHours?: number | null
}

@ObjectType({ description: 'What an endpoint would be sent for an event, before it is signed.' })
export class WebhookPreview {
  @Field(() => ID) eventId!: string
  @Field(() => String) contentType!: string
  @Field(() => Json, { description: 'Those that the payload brings.' }) headers!: unknown
  @Field(() => String) body!: string
  @Field(() => Int, { description: 'Of the whole; where that is too large, the body is a thin one.' }) bytes!: number
  @Field(() => Boolean) isCutToThin!: boolean
  @Field(() => Boolean, { description: 'More than the 20 kB that receivers like.' }) isLarge!: boolean
}

@Resolver(() => WebhookEndpoint)
export class WebhookEndpointResolver {
  @Query(() => [WebhookEndpoint], { description: 'Your endpoints, the newest first; for administrators everybody’s.' })
  webhookEndpoints(@Ctx() ctx: Context): Promise<Endpoint[]> {
    return listEndpoints(ctx)
  }

  @Query(() => WebhookEndpoint, { nullable: true })
  webhookEndpoint(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<Endpoint | undefined> {
    return findEndpoint(ctx, id)
  }

  @FieldResolver(() => ID, { description: 'The user with whose rights events are chosen and written.' })
  ownerId(@Root() endpoint: Endpoint): string {
    return endpoint.owner.id
  }

  @FieldResolver(() => [WebhookSecret], { description: 'Those that hold, the current one first.' })
  secrets(@Root() { id }: Endpoint, @Ctx() ctx: Context): Promise<WebhookSecret[]> {
    return listSecrets(ctx, id)
  }

  @Query(() => WebhookPreview, {
    description: 'The message of a past event with your rights: of the event that is named, or the newest that fits.',
  })
  previewWebhook(
    @Ctx() ctx: Context,
    @Arg('payload', () => Json, { nullable: true }) payload?: unknown,
    @Arg('eventTypes', () => [String], { nullable: true }) eventTypes?: string[] | null,
    @Arg('eventId', () => ID, { nullable: true }) eventId?: string | null,
  ): Promise<WebhookPreview> {
    return previewPayload(ctx, { payload, eventTypes, eventId })
  }

  @Query(() => [Json], {
    description:
      'Up to three messages as an endpoint with this payload would get them, of past events or, where nothing has happened yet, made up. For REST hooks.',
  })
  webhookSamples(
    @Ctx() ctx: Context,
    @Arg('eventTypes', () => [String]) eventTypes: string[],
    @Arg('payload', () => Json, { nullable: true, description: 'FULL if left out.' }) payload?: unknown,
  ): Promise<unknown[]> {
    return samplesOf(ctx, eventTypes, payload)
  }

  @Mutation(() => WebhookEndpointWithSecret, {
    description: 'Makes an endpoint. It gets what happens from now on, as far as its owner may see it.',
  })
  createWebhookEndpoint(
    @Ctx() ctx: Context,
    @Arg('input', () => NewWebhookEndpoint) input: NewWebhookEndpoint,
  ): Promise<EndpointWithSecret> {
    return createEndpoint(ctx, input)
  }

  @Mutation(() => WebhookEndpoint, { description: 'Changes settings; they hold for the next event and attempt.' })
  updateWebhookEndpoint(
    @Ctx() ctx: Context,
    @Arg('id', () => ID) id: string,
    @Arg('input', () => WebhookEndpointInput) input: WebhookEndpointInput,
  ): Promise<Endpoint> {
    return updateEndpoint(ctx, id, input)
  }

  @Mutation(() => WebhookEndpoint, { description: 'Holds an endpoint: what happens waits until it is enabled.' })
  pauseWebhookEndpoint(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<Endpoint> {
    return pauseEndpoint(ctx, id)
  }

  @Mutation(() => WebhookEndpoint, { description: 'Makes an endpoint active that was paused or disabled.' })
  enableWebhookEndpoint(
    @Ctx() ctx: Context,
    @Arg('id', () => ID) id: string,
    @Arg('recovery', () => Recoveries, { defaultValue: 'ALL' }) recovery: Recovery,
  ): Promise<Endpoint> {
    return enableEndpoint(ctx, id, recovery)
  }

  @Mutation(() => ID, { description: 'Removes an endpoint with its secrets and deliveries.' })
  deleteWebhookEndpoint(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<string> {
    return deleteEndpoint(ctx, id)
  }

  @Mutation(() => WebhookSecretShown, { description: 'Replaces the secret; the one before signs as well for a while.' })
  rotateWebhookSecret(
    @Ctx() ctx: Context,
    @Arg('id', () => ID) id: string,
    @Arg('input', () => WebhookRotation, { nullable: true }) input?: WebhookRotation | null,
  ): Promise<WebhookSecretShown> {
    return rotateSecret(ctx, id, input ?? {})
  }

  @Mutation(() => ID, { description: 'Sends a test to this endpoint only, and answers the id of its event.' })
  testWebhookEndpoint(@Ctx() ctx: Context, @Arg('id', () => ID) id: string): Promise<string> {
    return sendTest(ctx, id)
  }
}
