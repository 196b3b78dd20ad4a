ALTER TABLE "log_policy" DROP COLUMN "counts_only";
