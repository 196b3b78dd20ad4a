ALTER TABLE "api_client_settings" ADD COLUMN "idempotency_key_required" boolean DEFAULT false NOT NULL;
