ALTER TABLE "oauth_consent" ADD COLUMN "scopes" text[] DEFAULT '{suitecrm}'::text[] NOT NULL;
--> statement-breakpoint
ALTER TABLE "oauth_key" ADD COLUMN "activated_at" timestamp(3);
--> statement-breakpoint
ALTER TABLE "oauth_key" ADD COLUMN "retired_at" timestamp(3);
