CREATE TABLE "password_pepper" (
	"id" text PRIMARY KEY,
	"state" text NOT NULL,
	"sealed" text NOT NULL,
	"created_at" timestamp(3) NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX "password_pepper_active" ON "password_pepper" ("state") WHERE state = 'active';
