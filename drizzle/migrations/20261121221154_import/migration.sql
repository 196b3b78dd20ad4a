CREATE TABLE "import_batches" (
	"run_id" integer,
	"table_name" text,
	"number" integer,
	"columns" text NOT NULL,
	"last_key" text,
	"complete" boolean DEFAULT false NOT NULL,
	"ids" text[] NOT NULL,
	"counts" jsonb NOT NULL,
	"findings" jsonb NOT NULL,
	CONSTRAINT "import_batches_pkey" PRIMARY KEY("run_id","table_name","number")
);

--> statement-breakpoint
CREATE TABLE "import_runs" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "import_runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"source" text NOT NULL,
	"status" text DEFAULT 'running' NOT NULL,
	"started_at" timestamp(0) NOT NULL,
	"finished_at" timestamp(0),
	"report" jsonb
);

--> statement-breakpoint
CREATE INDEX "import_runs_source" ON "import_runs" ("source","id");
