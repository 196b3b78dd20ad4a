CREATE TABLE "access_denial" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "access_denial_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"request_id" text NOT NULL,
	"at" timestamp(3) NOT NULL,
	"door" text,
	"operation" text,
	"user_id" text NOT NULL,
	"client_id" text,
	"key_id" text,
	"scopes" text[],
	"kind" text NOT NULL,
	"missing_scope" text,
	"module" text,
	"action" text,
	"record_id" text,
	"field" text
);

--> statement-breakpoint
CREATE INDEX "access_denial_request" ON "access_denial" ("request_id");
--> statement-breakpoint
CREATE INDEX "access_denial_at" ON "access_denial" ("at");
