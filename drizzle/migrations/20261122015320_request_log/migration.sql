CREATE TABLE "log_policy" (
	"client_id" text PRIMARY KEY,
	"counts_only" boolean DEFAULT false NOT NULL,
	"bodies_until" timestamp(3),
	"set_by" text NOT NULL,
	"set_at" timestamp(3) NOT NULL
);

--> statement-breakpoint
CREATE TABLE "request_body" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "request_body_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp(3) NOT NULL,
	"request_id" text NOT NULL,
	"client_id" text NOT NULL,
	"headers" jsonb NOT NULL,
	"query" jsonb,
	"request" jsonb,
	"response" jsonb
);

--> statement-breakpoint
CREATE TABLE "request_count" (
	"day" date,
	"door" text,
	"client_id" text,
	"outcome" text,
	"count" bigint NOT NULL,
	CONSTRAINT "request_count_pkey" PRIMARY KEY("day","door","client_id","outcome")
);

--> statement-breakpoint
CREATE TABLE "request_log" (
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "request_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp(3),
	"request_id" text,
	"trace_id" text,
	"client_id" text,
	"key_id" text,
	"user_id" text,
	"door" text,
	"version" text,
	"method" text,
	"route" text,
	"operation" text,
	"status" smallint,
	"code" text,
	"outcome" text NOT NULL,
	"reason" text,
	"deprecated" text,
	"ms" real,
	"database_ms" real,
	"rows" integer,
	"bytes_in" bigint,
	"bytes_out" bigint,
	"address" text,
	"limited_by" text,
	"limit_left" bigint,
	"cost" real,
	"dropped" integer,
	CONSTRAINT "request_log_pkey" PRIMARY KEY("at","id")
) PARTITION BY RANGE ("at");

--> statement-breakpoint
CREATE INDEX "request_body_request" ON "request_body" ("request_id");
--> statement-breakpoint
CREATE INDEX "request_body_at" ON "request_body" ("at");
--> statement-breakpoint
CREATE INDEX "request_log_request" ON "request_log" ("request_id");
--> statement-breakpoint
CREATE INDEX "request_log_client" ON "request_log" ("client_id","at");
--> statement-breakpoint
CREATE INDEX "request_log_user" ON "request_log" ("user_id","at");
--> statement-breakpoint
CREATE INDEX "request_log_operation" ON "request_log" ("operation","at");
--> statement-breakpoint
CREATE INDEX "request_log_status" ON "request_log" ("status","at") WHERE status >= 400;
--> statement-breakpoint
CREATE INDEX "request_log_code" ON "request_log" ("code","at") WHERE code is not null;
--> statement-breakpoint
CREATE INDEX "request_log_slow" ON "request_log" ("at") WHERE ms >= 1000;
