CREATE TABLE "custom_modules" (
	"name" text PRIMARY KEY,
	"label" text NOT NULL,
	"type" text NOT NULL,
	"one" text NOT NULL,
	"many" text NOT NULL,
	"table_name" text NOT NULL UNIQUE,
	"links" json NOT NULL,
	"date_entered" timestamp(0) NOT NULL,
	"date_modified" timestamp(0) NOT NULL,
	"modified_user_id" text,
	"removed_at" timestamp(0)
);

--> statement-breakpoint
CREATE TABLE "metadata_version" (
	"id" integer PRIMARY KEY DEFAULT 1,
	"version" integer NOT NULL,
	"changed_at" timestamp(0) NOT NULL
);

--> statement-breakpoint
CREATE TABLE "option_lists" (
	"name" text PRIMARY KEY,
	"options" json NOT NULL,
	"date_modified" timestamp(0) NOT NULL,
	"modified_user_id" text
);

--> statement-breakpoint
ALTER TABLE "fields_meta_data" ADD COLUMN "label" text;
--> statement-breakpoint
ALTER TABLE "fields_meta_data" ADD COLUMN "sensitive" boolean;
