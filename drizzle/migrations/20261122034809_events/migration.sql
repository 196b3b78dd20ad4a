CREATE TABLE "event_log" (
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "event_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp(3),
	"xid" bigint DEFAULT greatest(pg_current_xact_id()::text::bigint, 0) NOT NULL,
	"position" bigint DEFAULT greatest(pg_current_xact_id()::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1),
	"type" text NOT NULL,
	"module" text,
	"record_id" text,
	"sequence" bigint,
	"before" jsonb,
	"after" jsonb,
	"link" jsonb,
	"groups" text[],
	"origin" jsonb NOT NULL,
	CONSTRAINT "event_log_pkey" PRIMARY KEY("position","id","at")
) PARTITION BY RANGE ("at");

--> statement-breakpoint
CREATE TABLE "event_log_default" PARTITION OF "event_log" DEFAULT;

--> statement-breakpoint
CREATE TABLE "event_sequence" (
	"module" text,
	"record_id" text,
	"last" bigint NOT NULL,
	CONSTRAINT "event_sequence_pkey" PRIMARY KEY("module","record_id")
);

--> statement-breakpoint
CREATE TABLE "event_stream" (
	"one" text PRIMARY KEY,
	"epoch" text NOT NULL,
	"forgotten_position" bigint DEFAULT 0 NOT NULL,
	"forgotten_id" bigint DEFAULT 0 NOT NULL
);

