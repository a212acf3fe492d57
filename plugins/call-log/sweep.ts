import { type Log, reason, type Undo } from '#kernel';
import type { CallTable } from './call-table.ts';

const SWEEP_MS = 60_000;

/** Makes room at once, and every minute until the plugin ends. */
export async function keepSweeping(table: CallTable, log: Log, defer: (undo: Undo) => void): Promise<void> {
  const sweep = (): Promise<void> =>
    table.sweep().catch((error) => log.warn('Old calls were not removed.', { reason: reason(error) }));
  const sweeping = setInterval(sweep, SWEEP_MS).unref();
  defer(() => clearInterval(sweeping));
  await sweep();
}
