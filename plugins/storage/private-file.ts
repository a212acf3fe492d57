import { chmodSync, closeSync, openSync, statSync } from 'node:fs';

const OWN_FILE = 0o600;
export const OWN_FOLDER = 0o700;

/**
 * Makes the database file readable for its owner alone before anything is in it. SQLite gives the mode of the database to
 * the files that it makes beside it (https://www.sqlite.org/wal.html); those of an earlier run are tightened here.
 * Never throws: what cannot be opened, SQLite reports with its reason.
 */
export function keepPrivate(database: string): void {
  try {
    // Fails where it is there already, which is fine.
    closeSync(openSync(database, 'ax', OWN_FILE));
  } catch {}
  for (const file of [database, `${database}-wal`, `${database}-shm`]) tighten(file);
}

function tighten(file: string): void {
  try {
    const stat = statSync(file);
    // What belongs to somebody else is theirs to open up, and chmod would be refused.
    if (!stat.isFile() || stat.uid !== process.getuid?.() || (stat.mode & 0o777) === OWN_FILE) return;
    chmodSync(file, OWN_FILE);
  } catch {
    // It is not there, or goes at this moment.
  }
}
