CREATE TABLE "api_client_settings" (
	"client_id" text PRIMARY KEY,
	"scopes" text[],
	"extra_grants" text[] DEFAULT '{}'::text[] NOT NULL,
	"password_grant" boolean DEFAULT false NOT NULL,
	"token_format" text DEFAULT 'at+jwt' NOT NULL,
	"token_seconds" integer,
	"dpop_required" boolean DEFAULT false NOT NULL,
	"redirect_urls" text[]
);

