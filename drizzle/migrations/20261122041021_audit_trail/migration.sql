CREATE TABLE "audit_entry" (
	"seq" bigint PRIMARY KEY,
	"at" timestamp(3) NOT NULL,
	"action" text NOT NULL,
	"subject_id" text NOT NULL,
	"related_id" text,
	"user_id" text NOT NULL,
	"user_name" text NOT NULL,
	"client_id" text,
	"key_id" text,
	"door" text,
	"request_id" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"hash" text NOT NULL
);

--> statement-breakpoint
CREATE INDEX "audit_entry_subject" ON "audit_entry" ("subject_id","seq");
--> statement-breakpoint
CREATE INDEX "audit_entry_related" ON "audit_entry" ("related_id","seq");
--> statement-breakpoint
CREATE INDEX "audit_entry_action" ON "audit_entry" ("action","seq");
--> statement-breakpoint
CREATE INDEX "audit_entry_user" ON "audit_entry" ("user_id","seq");
--> statement-breakpoint
CREATE INDEX "audit_entry_client" ON "audit_entry" ("client_id","seq");
--> statement-breakpoint
CREATE INDEX "audit_entry_at" ON "audit_entry" ("at");
--> statement-breakpoint
CREATE INDEX "audit_entry_hash" ON "audit_entry" ("hash");
--> statement-breakpoint
CREATE FUNCTION "refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'Entries of the audit trail are never changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER "audit_entry_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_entry"
	FOR EACH STATEMENT EXECUTE FUNCTION "refuse_audit_change"();
