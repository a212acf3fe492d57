import type { Sql, SqlValue, Storage } from './api.ts';

/** One database, seen by the storage service: SQLite and PostgreSQL each have one. */
export interface Driver extends Sql {
  readonly dialect: Storage['dialect'];
  /** Where the data is, for messages and status; without user and password. */
  readonly place: string;
  open(): Promise<void>;
  close(): Promise<void>;
  transaction<T>(work: (sql: Script) => Promise<T>): Promise<T>;
  /** Inside a transaction: until its end no other process migrates. */
  lockMigrations(sql: Script): Promise<void>;
  /** All rows in one commit, or none and a throw. */
  insert(rows: readonly Insert[]): Promise<void>;
}

export interface Script extends Sql {
  /** Several statements without values, as migrations have them. */
  script(text: string): Promise<void>;
}

/** One appended row, whose values are checked and bound. Rows of the same shape share the `shape` object. */
export interface Insert {
  readonly shape: Shape;
  readonly values: readonly SqlValue[];
}
export interface Shape {
  readonly table: string;
  readonly columns: readonly string[];
}
