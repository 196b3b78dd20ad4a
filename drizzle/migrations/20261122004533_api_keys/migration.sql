CREATE TABLE "api_key" (
	"id" text PRIMARY KEY,
	"name" text NOT NULL,
	"user_id" text NOT NULL,
	"scopes" text[],
	"prefix" text NOT NULL UNIQUE,
	"hash" text NOT NULL,
	"previous_prefix" text UNIQUE,
	"previous_hash" text,
	"previous_until" timestamp(3),
	"lifetime_days" integer,
	"created_at" timestamp(3) NOT NULL,
	"created_by" text NOT NULL,
	"rolled_at" timestamp(3),
	"expires_at" timestamp(3),
	"revoked_at" timestamp(3),
	"revoked_by" text,
	"last_used_at" timestamp(3),
	"last_address" text
);

--> statement-breakpoint
CREATE INDEX "api_key_user" ON "api_key" ("user_id");
