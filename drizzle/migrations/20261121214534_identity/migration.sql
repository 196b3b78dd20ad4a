CREATE TABLE "legacy_session" (
	"id" text PRIMARY KEY,
	"user_id" text NOT NULL,
	"address" text NOT NULL,
	"opened_at" timestamp(3) NOT NULL,
	"seen_at" timestamp(3) NOT NULL
);

--> statement-breakpoint
CREATE TABLE "oauth_consent" (
	"client_id" text,
	"user_id" text,
	"granted_at" timestamp(3) NOT NULL,
	CONSTRAINT "oauth_consent_pkey" PRIMARY KEY("client_id","user_id")
);

--> statement-breakpoint
CREATE TABLE "oauth_entry" (
	"model" text,
	"id" text,
	"payload" jsonb NOT NULL,
	"family" text,
	"uid" text,
	"user_code" text,
	"expires_at" timestamp(3) NOT NULL,
	"consumed_at" timestamp(3),
	CONSTRAINT "oauth_entry_pkey" PRIMARY KEY("model","id")
);

--> statement-breakpoint
CREATE TABLE "oauth_key" (
	"kid" text PRIMARY KEY,
	"alg" text NOT NULL,
	"state" text NOT NULL,
	"sealed_jwk" text NOT NULL,
	"created_at" timestamp(3) NOT NULL
);

--> statement-breakpoint
CREATE TABLE "oauth_revocation" (
	"family" text PRIMARY KEY,
	"below" integer NOT NULL,
	"revoked_at" timestamp(3) NOT NULL,
	"expires_at" timestamp(3) NOT NULL
);

--> statement-breakpoint
CREATE INDEX "legacy_session_user" ON "legacy_session" ("user_id");
--> statement-breakpoint
CREATE INDEX "legacy_session_seen" ON "legacy_session" ("seen_at");
--> statement-breakpoint
CREATE INDEX "oauth_entry_family" ON "oauth_entry" ("family");
--> statement-breakpoint
CREATE INDEX "oauth_entry_uid" ON "oauth_entry" ("uid");
--> statement-breakpoint
CREATE INDEX "oauth_entry_user_code" ON "oauth_entry" ("user_code");
--> statement-breakpoint
CREATE INDEX "oauth_entry_expires" ON "oauth_entry" ("expires_at");
--> statement-breakpoint
CREATE INDEX "oauth_revocation_revoked" ON "oauth_revocation" ("revoked_at");
--> statement-breakpoint
CREATE INDEX "oauth_revocation_expires" ON "oauth_revocation" ("expires_at");
