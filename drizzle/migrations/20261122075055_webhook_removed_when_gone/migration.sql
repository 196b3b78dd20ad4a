ALTER TABLE "webhook_endpoint" ADD COLUMN "removed_when_gone" boolean DEFAULT false NOT NULL;
