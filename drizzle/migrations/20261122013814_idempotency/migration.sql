CREATE TABLE "idempotency_request" (
	"caller" text,
	"key" text,
	"fingerprint" text NOT NULL,
	"leased_until" timestamp(3) NOT NULL,
	"sight" text,
	"status" smallint,
	"headers" jsonb,
	"sealed_body" text,
	"created_at" timestamp(3) NOT NULL,
	CONSTRAINT "idempotency_request_pkey" PRIMARY KEY("caller","key")
);

--> statement-breakpoint
CREATE TABLE "idempotency_step" (
	"caller" text,
	"key" text,
	"step" integer,
	"fingerprint" text NOT NULL,
	"result" jsonb,
	"created_at" timestamp(3) NOT NULL,
	CONSTRAINT "idempotency_step_pkey" PRIMARY KEY("caller","key","step")
);

--> statement-breakpoint
CREATE INDEX "idempotency_request_created" ON "idempotency_request" ("created_at");
--> statement-breakpoint
CREATE INDEX "idempotency_step_created" ON "idempotency_step" ("created_at");
