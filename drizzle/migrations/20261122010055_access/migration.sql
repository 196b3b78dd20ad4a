CREATE TABLE "acl_roles_fields" (
	"role_id" text,
	"module" text,
	"field" text,
	"access" text NOT NULL,
	"date_modified" timestamp(0),
	"modified_user_id" text,
	CONSTRAINT "acl_roles_fields_pkey" PRIMARY KEY("role_id","module","field")
);

--> statement-breakpoint
CREATE INDEX "accounts_own" ON "accounts" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "contacts_own" ON "contacts" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "leads_own" ON "leads" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "opportunities_own" ON "opportunities" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "cases_own" ON "cases" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "calls_own" ON "calls" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "meetings_own" ON "meetings" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "tasks_own" ON "tasks" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "notes_own" ON "notes" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "emails_own" ON "emails" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "documents_own" ON "documents" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "campaigns_own" ON "campaigns" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "prospects_own" ON "prospects" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "prospect_lists_own" ON "prospect_lists" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "bugs_own" ON "bugs" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "project_own" ON "project" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "project_task_own" ON "project_task" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "aos_quotes_own" ON "aos_quotes" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "aos_products_own" ON "aos_products" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "aos_invoices_own" ON "aos_invoices" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "aos_contracts_own" ON "aos_contracts" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "email_templates_own" ON "email_templates" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "email_marketing_own" ON "email_marketing" (created_by, coalesce(date_entered, '-infinity'), id);
--> statement-breakpoint
CREATE INDEX "securitygroups_own" ON "securitygroups" (coalesce(nullif(assigned_user_id, ''), created_by), coalesce(date_entered, '-infinity'), id);
