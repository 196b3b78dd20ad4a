CREATE INDEX "request_log_trace" ON "request_log" ("trace_id");
--> statement-breakpoint
CREATE INDEX "request_log_failed" ON "request_log" ("at") WHERE status >= 500;
