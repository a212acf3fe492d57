import type { ServerCandidate } from '#plugins/mcp-search/api';
import type { InstallRequest } from '#plugins/policy/api';
import type { RunPlan } from '#plugins/provisioner/api';
import type { RegistryChange, ServerSpec } from '#plugins/tool-registry/api';

interface Wishes {
  /** Default: one candidate, named after the capability that is asked for. */
  readonly candidates?: readonly ServerCandidate[];
  readonly failing?: readonly string[];
  readonly verdict?: 'allow' | 'ask';
  readonly quota?: Error;
  /** Calls until now, by tool. */
  readonly calls?: Readonly<Record<string, number>>;
}
const LIMITS = {
  memoryMb: 256,
  processes: 32,
  cpus: 1,
  openFiles: 256,
  fileMb: 10,
  dataMb: 50,
  network: 'none',
  sandbox: 'required',
};

/** Stand-ins for what surrounds the provisioner; each remembers what was asked of it. A server has one tool, `run`. */
export function surroundings(wishes: Wishes = {}) {
  const servers = new Map<string, { id: string; spec: ServerSpec; tools: { id: string; definition: object }[] }>();
  const listeners = new Set<(change: RegistryChange) => void>();
  const installs: string[] = [];
  const removed: string[] = [];
  const opened: string[] = [];
  const swept: (readonly string[])[] = [];
  const decisions: ((state: string) => void)[] = [];
  let approvals = 0;
  const seen = { released: 0 };

  const registry = {
    snapshot: { version: 1, servers, tools: new Map() },
    statistics: (id: string) => wishes.calls?.[id] && { calls: wishes.calls[id] },
    server: (id: string) => servers.get(id)!,
    register: (spec: ServerSpec) => {
      const tool = { id: `${spec.id}/run`, definition: { name: 'run', inputSchema: {} } };
      servers.set(spec.id, { id: spec.id, spec, tools: [tool] });
      return () => void servers.delete(spec.id);
    },
    onChange: (listener: (change: RegistryChange) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const runner = {
    supports: () => ({ ok: true, sandboxed: true }),
    install: async ({ server }: RunPlan) => {
      installs.push(server);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (wishes.failing?.includes(server)) throw new Error('it cannot be unpacked');
    },
    launch: async () => ({ kind: 'stdio', command: 'true', args: [], env: {} }),
    remove: async (server: string) => void removed.push(server),
    recover: async () => undefined,
    sweep: async (kept: readonly string[]) => void swept.push(kept),
  };
  const policy = {
    judge: async (_request: InstallRequest) => ({
      verdict: wishes.verdict ?? 'allow',
      level: 'high',
      rule: 'test rule',
      reason: 'because',
      hint: 'ask somebody',
      limits: LIMITS,
    }),
    reserve: async () => {
      if (wishes.quota !== undefined) throw wishes.quota;
      return { release: async () => void seen.released++ };
    },
    approval: async () => ({ id: `approval-${++approvals}`, state: 'open' }),
    decided: (_id: string, signal: AbortSignal) =>
      new Promise((resolve, reject) => {
        decisions.push((state) => resolve({ state }));
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    checkTools: async () => ({ pinned: true, changed: [] }),
    approveTools: async () => undefined,
    forgetTools: async () => undefined,
  };
  const services = {
    registry,
    dispatcher: { open: async (server: string) => opened.push(server) },
    detector: { analyze: async () => ({ sufficient: false, missing: [], candidates: [], reasoning: '' }) },
    engine: {
      search: async ({ capabilities }: { readonly capabilities: readonly string[] }) => ({
        candidates: wishes.candidates ?? capabilities.map((each) => candidate(each, 0.9)),
        sources: [],
        cached: false,
      }),
    },
    policy,
    runners: new Map([['process', runner]]),
  };
  return {
    services,
    installs,
    opened,
    removed,
    swept,
    candidate,
    registered: () => [...servers.keys()],
    decide: (state: 'approved' | 'denied') => decisions.shift()!(state),
    get released() {
      return seen.released;
    },
  };
}

function candidate(name: string, score: number, needs: Partial<ServerCandidate['needs']> = {}): ServerCandidate {
  return {
    id: `npm:${name}`,
    name,
    description: name,
    capabilities: [name],
    tools: [],
    distributions: [{ kind: 'npm', package: name, version: '1.0.0', args: [], env: {} }],
    needs: { secrets: [], network: false, backing: [], ...needs },
    sources: ['catalog'],
    verified: true,
    relevance: score,
    trust: 1,
    score,
    reasons: [],
  };
}
