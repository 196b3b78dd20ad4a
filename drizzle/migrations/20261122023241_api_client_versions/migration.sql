ALTER TABLE "api_client_settings" ADD COLUMN "api_version" text;
--> statement-breakpoint
ALTER TABLE "api_client_settings" ADD COLUMN "if_match_required" boolean DEFAULT false NOT NULL;
