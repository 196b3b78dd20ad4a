CREATE TABLE "webhook_token" (
	"endpoint_id" text PRIMARY KEY,
	"revision" integer NOT NULL,
	"sealed" text NOT NULL,
	"expires_at" timestamp(3) NOT NULL
);

