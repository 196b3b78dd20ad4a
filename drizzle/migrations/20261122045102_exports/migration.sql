CREATE TABLE "export_part" (
	"job" text,
	"start" bigint,
	"bytes" bytea NOT NULL,
	CONSTRAINT "export_part_pkey" PRIMARY KEY("job","start")
);

--> statement-breakpoint
ALTER TABLE "client_job" ADD COLUMN "bytes" bigint DEFAULT 0 NOT NULL;
