CREATE TABLE "trusted_document" (
	"client_id" text,
	"id" text,
	"text" text NOT NULL,
	"registered_by" text NOT NULL,
	"registered_at" timestamp(0) NOT NULL,
	CONSTRAINT "trusted_document_pkey" PRIMARY KEY("client_id","id")
);

