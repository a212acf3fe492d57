import { fault, type Log, reason } from '#kernel';
import type { PlaneTool, ToolView } from './api.ts';

type Listener = (view: ToolView) => void;
interface Waiter {
  readonly version: number;
  readonly resolve: (view: ToolView) => void;
}
/** What the next version of the plugin goes on with. It stays in this process, so listeners can be part of it. */
export interface ViewsState {
  readonly view: ToolView;
  readonly listeners: Set<Listener>;
}

/** The listings in order: counts them, wakes who waits for the next one, tells who listens. */
export class Views {
  readonly #log: Log;
  #view: ToolView = { version: 0, tools: new Map() };
  readonly #waiters = new Set<Waiter>();
  #listeners = new Set<Listener>();
  readonly #untold: ToolView[] = [];
  #isTelling = false;
  #isHandedOver = false;
  #isClosed = false;
  /** Called when somebody begins to wait. */
  onWait: () => void = () => {};

  constructor(log: Log) {
    this.#log = log;
  }

  get view(): ToolView {
    return this.#view;
  }
  get waiting(): number {
    return this.#waiters.size;
  }

  /** A listing as it was read. One that does not differ is no new view; tools that do not differ stay the same objects. */
  publish(listed: Iterable<PlaneTool>): void {
    if (this.#isClosed) return;
    const tools = new Map<string, PlaneTool>();
    for (const tool of listed) {
      const before = this.#view.tools.get(tool.name);
      tools.set(tool.name, before !== undefined && isEqual(before, tool) ? before : tool);
    }
    if (this.#view.version > 0 && isSame(this.#view.tools, tools)) return;
    // Begins at the time, so that a version from before a restart is never taken for one of now.
    this.#switch({ version: this.#view.version === 0 ? Date.now() : this.#view.version + 1, tools });
  }

  changed(version: number, signal: AbortSignal): Promise<ToolView> {
    if (signal.aborted) return Promise.reject(signal.reason);
    // A version that is not ours was counted before a restart: who has it may have missed something.
    if (this.#view.version > 0 && this.#view.version !== version) return Promise.resolve(this.#view);
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        version,
        resolve: (view) => {
          end();
          resolve(view);
        },
      };
      const abort = (): void => {
        end();
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiters.add(waiter);
      this.onWait();
    });
  }

  onChange(listener: Listener): () => void {
    const listeners = this.#listeners;
    // The same function twice is two listeners.
    const own: Listener = (view) => listener(view);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  handOver(): ViewsState {
    this.#isHandedOver = true;
    return { view: this.#view, listeners: this.#listeners };
  }

  /** Goes on counting where the version before stopped. */
  adopt({ view, listeners }: ViewsState): void {
    for (const listener of this.#listeners) listeners.add(listener);
    this.#listeners = listeners;
    const { version, tools } = this.#view;
    this.#view = view;
    if (version > 0) this.publish(tools.values());
    this.#wake();
  }

  /** Who waits is woken with the view as it is, to ask again whoever serves now. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.resolve(this.#view);
  }

  #switch(view: ToolView): void {
    this.#view = view;
    this.#wake();
    this.#untold.push(view);
    // A listener may cause the next view: it is told when all have heard of this one.
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) this.#tell(next);
    this.#isTelling = false;
  }

  #wake(): void {
    for (const waiter of this.#waiters) if (waiter.version !== this.#view.version) waiter.resolve(this.#view);
  }

  #tell(view: ToolView): void {
    if (this.#isHandedOver) return;
    for (const listener of [...this.#listeners]) {
      try {
        listener(view);
      } catch (error) {
        this.#log.error('A listener to the tools failed.', { reason: reason(error) });
      }
    }
  }
}

const isEqual = (a: PlaneTool, b: PlaneTool): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** The same tools in the same order. */
function isSame(a: ToolView['tools'], b: ToolView['tools']): boolean {
  if (a.size !== b.size) return false;
  const others = b.values();
  for (const tool of a.values()) if (tool !== others.next().value) return false;
  return true;
}

export const closed = () => fault('PLANE_UNREACHABLE', 'the tool client has ended', { kind: 'unavailable' });
