CREATE TABLE "oauth_epoch" (
	"kind" text,
	"id" text,
	"valid_after" timestamp(3) NOT NULL,
	"expires_at" timestamp(3) NOT NULL,
	CONSTRAINT "oauth_epoch_pkey" PRIMARY KEY("kind","id")
);

--> statement-breakpoint
CREATE INDEX "oauth_epoch_expires" ON "oauth_epoch" ("expires_at");
