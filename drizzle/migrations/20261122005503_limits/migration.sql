CREATE UNLOGGED TABLE "limit_account" (
	"key" text PRIMARY KEY,
	"full_at" double precision NOT NULL,
	"counted_at" double precision NOT NULL,
	"step" double precision NOT NULL,
	"size" double precision NOT NULL,
	"paid" double precision NOT NULL,
	"wanted" double precision NOT NULL,
	"first" double precision NOT NULL,
	"granted" double precision NOT NULL
) WITH (fillfactor = 50);

--> statement-breakpoint
CREATE TABLE "limit_override" (
	"client_id" text PRIMARY KEY,
	"class" text,
	"bounds" jsonb NOT NULL,
	"note" text,
	"set_by" text,
	"set_at" timestamp(0) NOT NULL,
	"expires_at" timestamp(0)
);

