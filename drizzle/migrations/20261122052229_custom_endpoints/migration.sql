CREATE TABLE "custom_endpoint" (
	"id" text PRIMARY KEY,
	"method" text NOT NULL,
	"path_key" text NOT NULL,
	"version" integer NOT NULL,
	"enabled" boolean NOT NULL
);

--> statement-breakpoint
CREATE TABLE "custom_endpoint_version" (
	"endpoint_id" text,
	"version" integer,
	"declaration" jsonb NOT NULL,
	"saved_by" text NOT NULL,
	"saved_at" timestamp(0) NOT NULL,
	CONSTRAINT "custom_endpoint_version_pkey" PRIMARY KEY("endpoint_id","version")
);

--> statement-breakpoint
CREATE UNIQUE INDEX "custom_endpoint_path" ON "custom_endpoint" ("method","path_key");
