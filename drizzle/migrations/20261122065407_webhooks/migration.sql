CREATE TABLE "webhook_attempt" (
	"at" timestamp(3),
	"delivery_id" bigint,
	"number" integer,
	"endpoint_id" text NOT NULL,
	"event_id" bigint NOT NULL,
	"outcome" text,
	"message" text,
	"status" smallint,
	"response_ms" real,
	"ms" real,
	"retry_after_s" integer,
	"response_headers" jsonb,
	"response_body" bytea,
	"trace_id" text,
	CONSTRAINT "webhook_attempt_pkey" PRIMARY KEY("delivery_id","number","at")
) PARTITION BY RANGE ("at");

--> statement-breakpoint
CREATE TABLE "webhook_attempt_default" PARTITION OF "webhook_attempt" DEFAULT;

--> statement-breakpoint
CREATE TABLE "webhook_count" (
	"day" date,
	"endpoint_id" text,
	"outcome" text,
	"count" bigint NOT NULL,
	CONSTRAINT "webhook_count_pkey" PRIMARY KEY("day","endpoint_id","outcome")
);

--> statement-breakpoint
CREATE TABLE "webhook_cursor" (
	"name" text PRIMARY KEY,
	"position" bigint NOT NULL,
	"id" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "webhook_delivery" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "webhook_delivery_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"endpoint_id" text NOT NULL,
	"event_id" bigint NOT NULL,
	"generation" integer DEFAULT 0 NOT NULL,
	"position" bigint NOT NULL,
	"event_at" timestamp(3) NOT NULL,
	"event_type" text NOT NULL,
	"module" text,
	"record_id" text,
	"state" text NOT NULL,
	"reason" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp(3) NOT NULL,
	"lease_until" timestamp(3),
	"lane" text,
	"last_outcome" text,
	"last_status" smallint,
	"is_test" boolean DEFAULT false NOT NULL,
	"replay_of" bigint,
	"replayed_by" text,
	"created_at" timestamp(3) NOT NULL,
	"ended_at" timestamp(3),
	CONSTRAINT "webhook_delivery_once" UNIQUE("event_id","endpoint_id","generation")
);

--> statement-breakpoint
CREATE TABLE "webhook_endpoint" (
	"id" text PRIMARY KEY,
	"url" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"user_id" text NOT NULL,
	"principal" jsonb NOT NULL,
	"status" text DEFAULT 'ACTIVE' NOT NULL,
	"status_reason" text,
	"status_at" timestamp(3),
	"event_types" text[] NOT NULL,
	"filter" jsonb,
	"payload" jsonb NOT NULL,
	"headers" text,
	"authentication" text,
	"rate_per_second" integer,
	"concurrency" integer DEFAULT 20 NOT NULL,
	"schedule" integer[] DEFAULT '{5,60,300,1800,7200,18000,36000,50400,72000,86400}'::integer[] NOT NULL,
	"timeout_ms" integer DEFAULT 15000 NOT NULL,
	"is_ordered" boolean DEFAULT false NOT NULL,
	"on_unknown" text DEFAULT 'RESEND' NOT NULL,
	"at_most_once" boolean DEFAULT false NOT NULL,
	"skip_own" boolean DEFAULT false NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"from_snapshot" text DEFAULT (pg_current_snapshot()::text || '') NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp(3) NOT NULL,
	"updated_at" timestamp(3) NOT NULL
);

--> statement-breakpoint
CREATE TABLE "webhook_health" (
	"endpoint_id" text PRIMARY KEY,
	"in_flight" integer DEFAULT 0 NOT NULL,
	"next_slot" timestamp(6) DEFAULT '1970-01-01' NOT NULL,
	"hold_until" timestamp(3),
	"breaker" text DEFAULT 'CLOSED' NOT NULL,
	"breaker_until" timestamp(3),
	"breaker_cycles" integer DEFAULT 0 NOT NULL,
	"stretch" bigint DEFAULT 0 NOT NULL,
	"stretch_delivered" integer DEFAULT 0 NOT NULL,
	"stretch_failed" integer DEFAULT 0 NOT NULL,
	"before_delivered" integer DEFAULT 0 NOT NULL,
	"before_failed" integer DEFAULT 0 NOT NULL,
	"failing_since" timestamp(3),
	"failing_attempts" integer DEFAULT 0 NOT NULL,
	"warned" smallint DEFAULT 0 NOT NULL,
	"delivered" bigint DEFAULT 0 NOT NULL,
	"failed" bigint DEFAULT 0 NOT NULL,
	"last_delivered_at" timestamp(3),
	"last_failed_at" timestamp(3),
	"filter_errors" bigint DEFAULT 0 NOT NULL,
	"filter_error" text,
	"own_changes" bigint DEFAULT 0 NOT NULL,
	"exhausted" integer DEFAULT 0 NOT NULL,
	"exhausted_told_at" timestamp(3),
	"held_position" bigint,
	"held_id" bigint,
	"recovery" text DEFAULT 'ALL' NOT NULL
);

--> statement-breakpoint
CREATE TABLE "webhook_secret" (
	"id" text PRIMARY KEY,
	"endpoint_id" text NOT NULL,
	"kind" text NOT NULL,
	"sealed" text NOT NULL,
	"public_key" text,
	"created_at" timestamp(3) NOT NULL,
	"expires_at" timestamp(3)
);

--> statement-breakpoint
CREATE INDEX "webhook_attempt_endpoint" ON "webhook_attempt" ("endpoint_id","at");
--> statement-breakpoint
CREATE INDEX "webhook_delivery_due" ON "webhook_delivery" ("endpoint_id","next_at") WHERE state = 'DUE';
--> statement-breakpoint
CREATE INDEX "webhook_delivery_lease" ON "webhook_delivery" ("lease_until") WHERE state = 'SENDING';
--> statement-breakpoint
CREATE INDEX "webhook_delivery_lane" ON "webhook_delivery" ("endpoint_id","lane","position","event_id") WHERE lane is not null and state in ('DUE', 'WAITING', 'SENDING', 'HELD', 'PARKED');
--> statement-breakpoint
CREATE INDEX "webhook_delivery_endpoint" ON "webhook_delivery" ("endpoint_id","id");
--> statement-breakpoint
CREATE INDEX "webhook_delivery_stuck" ON "webhook_delivery" ("endpoint_id","state","id") WHERE state in ('HELD', 'PARKED', 'DEAD');
--> statement-breakpoint
CREATE INDEX "webhook_delivery_created" ON "webhook_delivery" USING brin ("created_at");
--> statement-breakpoint
CREATE INDEX "webhook_endpoint_user" ON "webhook_endpoint" ("user_id","created_at");
--> statement-breakpoint
CREATE INDEX "webhook_secret_endpoint" ON "webhook_secret" ("endpoint_id","created_at");
--> statement-breakpoint
-- What happened before has no endpoint to be told to.
INSERT INTO "webhook_cursor" ("name", "position", "id") VALUES ('relay', pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1, 9007199254740991);
