CREATE TABLE "chores" (
	"name" text PRIMARY KEY,
	"started_at" timestamp(3) NOT NULL,
	"finished_at" timestamp(3)
);

