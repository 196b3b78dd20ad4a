ALTER TABLE "log_policy" ADD COLUMN "counts_only" boolean DEFAULT false NOT NULL;
