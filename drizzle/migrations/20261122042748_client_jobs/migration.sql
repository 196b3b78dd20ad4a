CREATE TABLE "bulk_row" (
	"job" text,
	"n" integer,
	"input" jsonb,
	"outcome" text,
	"record_id" text,
	"code" text,
	"message" text,
	"field" text,
	CONSTRAINT "bulk_row_pkey" PRIMARY KEY("job","n")
);

--> statement-breakpoint
CREATE TABLE "client_job" (
	"id" text PRIMARY KEY,
	"kind" text NOT NULL,
	"module" text NOT NULL,
	"settings" jsonb NOT NULL,
	"validation" text NOT NULL,
	"user_id" text NOT NULL,
	"principal" jsonb NOT NULL,
	"status" text NOT NULL,
	"total" integer DEFAULT 0 NOT NULL,
	"done" integer DEFAULT 0 NOT NULL,
	"created" integer DEFAULT 0 NOT NULL,
	"updated" integer DEFAULT 0 NOT NULL,
	"unchanged" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"error_code" text,
	"error_message" text,
	"created_at" timestamp(3) NOT NULL,
	"started_at" timestamp(3),
	"finished_at" timestamp(3)
);

--> statement-breakpoint
CREATE TABLE "external_link" (
	"system" text,
	"module" text,
	"external_id" text,
	"record_id" text NOT NULL,
	"created_at" timestamp(3) NOT NULL,
	CONSTRAINT "external_link_pkey" PRIMARY KEY("system","module","external_id")
);

--> statement-breakpoint
CREATE INDEX "bulk_row_outcome" ON "bulk_row" ("job","outcome","n");
--> statement-breakpoint
CREATE INDEX "client_job_user" ON "client_job" ("user_id","created_at");
--> statement-breakpoint
CREATE INDEX "client_job_status" ON "client_job" ("status");
--> statement-breakpoint
CREATE INDEX "external_link_record" ON "external_link" ("module","record_id");
