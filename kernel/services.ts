import type { Health } from './contract.ts';
import { topic } from './events.ts';
import { token } from './token.ts';

/** What `kernel status` and `GET /kernel/status` show. Secrets are masked. */
export interface KernelStatus {
  readonly pipeline: string;
  readonly mode: 'server' | 'worker' | 'cli';
  readonly pid: number;
  readonly startedAt: string;
  readonly state: 'starting' | 'running' | 'stopping' | 'stopped';
  /** ok: every plugin is healthy. ready: started, and no plugin still waits for something it promised to wait for. */
  readonly ok: boolean;
  readonly ready: boolean;
  readonly plugins: readonly PluginStatus[];
}

export interface PluginStatus {
  readonly id: string;
  readonly plugin: string;
  readonly generation: number;
  readonly state: 'created' | 'starting' | 'running' | 'draining' | 'stopped' | 'failed';
  readonly config: unknown;
  readonly provides: readonly string[];
  readonly health: Health;
  readonly startMs: number | undefined;
  readonly reloads: number;
  readonly lastReload:
    | { readonly at: string; readonly result: 'swapped' | 'kept' | 'lost'; readonly reason?: string }
    | undefined;
}

/** The running kernel, as plugins see it: look, do not touch. */
export interface KernelView {
  status(): KernelStatus;
  health(): { readonly ok: boolean; readonly ready: boolean; readonly plugins: Readonly<Record<string, Health>> };
}
/** Always there; provided by the kernel itself. */
export const KERNEL = token<KernelView>('kernel.view');

/** In `mode: cli` exactly one plugin provides it; the process ends with the code that `run` resolves to. */
export interface Main {
  run(argv: readonly string[], signal: AbortSignal): Promise<number>;
}
export const MAIN = token<Main>('kernel.main');

export const PLUGIN_STARTED = topic<{ readonly id: string; readonly generation: number }>('plugin.started');
export const PLUGIN_SWAPPED = topic<{ readonly id: string; readonly generation: number; readonly ms: number }>(
  'plugin.swapped',
);
export const PLUGIN_KEPT = topic<{ readonly id: string; readonly generation: number; readonly reason: string }>(
  'plugin.kept',
);
export const PLUGIN_STOPPED = topic<{ readonly id: string; readonly generation: number }>('plugin.stopped');
