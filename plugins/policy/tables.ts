import type { Migration } from '#plugins/storage/api';

export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'quotas, approvals, pins',
    sql: `
      CREATE TABLE policy_reservations (day TEXT NOT NULL, principal TEXT NOT NULL, session TEXT NOT NULL,
        subject TEXT NOT NULL, PRIMARY KEY (day, principal, session, subject));
      CREATE TABLE policy_counts (quota TEXT NOT NULL, holder TEXT NOT NULL, day TEXT NOT NULL, used BIGINT NOT NULL,
        PRIMARY KEY (quota, holder));
      CREATE TABLE policy_approvals (id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, state TEXT NOT NULL,
        record TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, decided_at BIGINT,
        decided_by TEXT, comment TEXT);
      CREATE UNIQUE INDEX policy_approvals_open ON policy_approvals (kind, subject) WHERE state = 'open';
      CREATE INDEX policy_approvals_subject ON policy_approvals (kind, subject, created_at);
      CREATE TABLE policy_pins (server TEXT PRIMARY KEY, tools TEXT NOT NULL, pinned_at BIGINT NOT NULL)`,
  },
];
