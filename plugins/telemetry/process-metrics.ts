import { readdirSync } from 'node:fs';
import { constants, type NodeGCPerformanceDetail, PerformanceObserver } from 'node:perf_hooks';
import type { Undo } from '#kernel';
import type { Histogram } from './api.ts';
import { EventLoopDelay } from './event-loop.ts';
import { counter, gauge, type Metric } from './instruments.ts';

const GC_KINDS = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);
export const GC_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/** The names that Prometheus clients for Node use, so that ready-made dashboards fit. */
export class ProcessMetrics {
  readonly #delay = new EventLoopDelay();

  /** Measures until the undo; `collections` is asked each time, because a swap replaces it. */
  start(collections: () => Histogram): Undo {
    const stopDelay = this.#delay.start();
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { kind = 0 } = ((entry as { detail?: unknown }).detail ?? {}) as Partial<NodeGCPerformanceDetail>;
        collections().observe(entry.duration / 1_000, GC_KINDS.get(kind) ?? 'other');
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    return () => {
      stopDelay();
      observer.disconnect();
    };
  }

  /** What the alerts see of the process. */
  watch(): Metric[] {
    return [this.#delay.watch()];
  }

  read(): Metric[] {
    const { user, system } = process.cpuUsage();
    const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
    const started = performance.timeOrigin / 1_000;
    const files = openFiles();
    return [
      counter('process_cpu_user_seconds_total', 'CPU time in user mode.', user / 1e6),
      counter('process_cpu_system_seconds_total', 'CPU time in the system.', system / 1e6),
      counter('process_cpu_seconds_total', 'CPU time.', (user + system) / 1e6),
      gauge('process_start_time_seconds', 'Start of the process, in seconds since 1970.', started),
      gauge('process_resident_memory_bytes', 'Resident memory.', rss),
      ...(files === undefined ? [] : [gauge('process_open_fds', 'Open file descriptors.', files)]),
      gauge('nodejs_heap_size_total_bytes', 'Heap that is reserved.', heapTotal),
      gauge('nodejs_heap_size_used_bytes', 'Heap that is used.', heapUsed),
      gauge('nodejs_external_memory_bytes', 'Memory outside of the heap.', external),
      gauge('nodejs_array_buffers_bytes', 'Memory of buffers, a part of the external memory.', arrayBuffers),
      gauge('nodejs_version_info', 'Version of Node.js.', 1, { version: process.version }),
      ...this.#delay.read(),
    ];
  }
}

/** Linux only. */
function openFiles(): number | undefined {
  try {
    // The folder itself is open while it is read.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}
