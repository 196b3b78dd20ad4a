CREATE TABLE "api_usage" (
	"name" text,
	"kind" text NOT NULL,
	"client_id" text,
	"key_id" text,
	"user_id" text,
	"door" text,
	"version" text,
	"count" bigint NOT NULL,
	"first_at" timestamp(3) NOT NULL,
	"last_at" timestamp(3) NOT NULL,
	"deprecated" boolean NOT NULL,
	CONSTRAINT "api_usage_pkey" PRIMARY KEY("name","client_id","key_id","user_id","door","version")
) WITH (fillfactor = 70);
