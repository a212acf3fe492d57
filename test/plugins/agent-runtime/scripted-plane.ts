import type {
  CapabilityJob,
  PlaneCall,
  PlaneNeed,
  PlaneOutcome,
  PlaneTool,
  ToolPlane,
  ToolView,
} from '#plugins/tool-client/api';

export type ToolFunction = (
  args: Readonly<Record<string, unknown>>,
  call: PlaneCall,
) => Partial<PlaneOutcome> | Promise<Partial<PlaneOutcome>>;

/** Stands in for the door of tool-client: tools are functions, and come and go as a test wants. */
export class ScriptedPlane implements ToolPlane {
  view: ToolView = { version: 0, tools: new Map() };
  readonly calls: { readonly name: string; readonly args: unknown; readonly key: string | undefined }[] = [];
  readonly needs: PlaneNeed[] = [];
  /** What becomes of a need. */
  onRequest: (need: PlaneNeed) => CapabilityJob = () => ({
    ...{ id: 'job', state: 'failed', tools: [] },
    error: { code: 'CAPABILITY_REFUSED', message: 'nobody has it' },
  });
  jobs = new Map<string, CapabilityJob>();
  readonly #functions = new Map<string, ToolFunction>();
  readonly #watchers = new Set<(view: ToolView) => void>();
  readonly #jobWatchers = new Set<(change: { readonly id: string; readonly state: CapabilityJob['state'] }) => void>();

  add(name: string, does: ToolFunction, more: Partial<PlaneTool> = {}): this {
    const tool: PlaneTool = {
      ...{
        name,
        id: name.replace('__', '/'),
        description: `Does ${name}.`,
        inputSchema: { type: 'object' },
        capabilities: [],
      },
      ...more,
    };
    this.#functions.set(name, does);
    return this.#switch(new Map([...this.view.tools, [name, tool]]));
  }

  remove(name: string): this {
    this.#functions.delete(name);
    return this.#switch(new Map([...this.view.tools].filter(([each]) => each !== name)));
  }

  async ready(): Promise<ToolView> {
    return this.view;
  }

  changed(version: number, signal: AbortSignal): Promise<ToolView> {
    if (this.view.version > version) return Promise.resolve(this.view);
    return new Promise((resolve, reject) => {
      const stop = this.onChange((view) => {
        stop();
        resolve(view);
      });
      signal.addEventListener('abort', () => {
        stop();
        reject(signal.reason);
      });
    });
  }

  onChange(listener: (view: ToolView) => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  async call(name: string, args: Readonly<Record<string, unknown>>, call: PlaneCall): Promise<PlaneOutcome> {
    call.signal.throwIfAborted();
    this.calls.push({ name, args, key: call.key });
    const does = this.#functions.get(name);
    const outcome =
      does === undefined
        ? { isError: true, code: 'TOOL_UNKNOWN', text: `no ${name}` }
        : await Promise.race([does(args, call), ended(call.signal)]);
    call.signal.throwIfAborted();
    return { isError: false, text: '', artifacts: [], durationMs: 1, ...outcome };
  }

  async request(need: PlaneNeed): Promise<CapabilityJob> {
    this.needs.push(need);
    const job = this.onRequest(need);
    this.jobs.set(job.id, job);
    return job;
  }
  async job(id: string): Promise<CapabilityJob> {
    return this.jobs.get(id)!;
  }
  onJob(listener: (change: { readonly id: string; readonly state: CapabilityJob['state'] }) => void): () => void {
    this.#jobWatchers.add(listener);
    return () => void this.#jobWatchers.delete(listener);
  }
  tell(job: CapabilityJob): void {
    this.jobs.set(job.id, job);
    for (const watcher of this.#jobWatchers) watcher(job);
  }

  #switch(tools: ReadonlyMap<string, PlaneTool>): this {
    this.view = { version: this.view.version + 1, tools };
    for (const watcher of this.#watchers) watcher(this.view);
    return this;
  }
}

const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
