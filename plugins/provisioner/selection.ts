import { fault } from '#kernel';
import type { Distribution, ServerCandidate, SourceReport } from '#plugins/mcp-search/api';
import type { Decision, InstallRequest, Policy } from '#plugins/policy/api';
import type { CapabilityNeed, ProvisionJob, ServerRunner } from './api.ts';
import type { ProvisionerConfig } from './config.ts';
import type { JobCaller } from './running-job.ts';

/** A server that may be installed, with all that was decided about how. */
export interface Choice {
  readonly candidate: ServerCandidate;
  readonly distribution: Distribution;
  readonly runner: string;
  readonly request: InstallRequest;
  readonly decision: Decision;
}
type Rejection = ProvisionJob['rejected'][number];
export interface Selection {
  /** In the order in which they are to be tried. Those that need an approval stand last. */
  readonly choices: readonly Choice[];
  readonly rejected: readonly Rejection[];
}

/** Judges what was found: is it what is needed, can it run here, is all there that it needs, and do the rules allow it? */
export class Selector {
  readonly #policy: Policy;
  readonly #runners: ReadonlyMap<string, ServerRunner>;
  readonly #config: ProvisionerConfig;

  constructor(policy: Policy, runners: ReadonlyMap<string, ServerRunner>, config: ProvisionerConfig) {
    this.#policy = policy;
    this.#runners = runners;
    this.#config = config;
  }

  async select(candidates: readonly ServerCandidate[], need: CapabilityNeed, caller: JobCaller): Promise<Selection> {
    const choices: Choice[] = [];
    const rejected: Rejection[] = [];
    for (const candidate of candidates.slice(0, this.#config.candidates)) {
      const outcome = await this.#judge(candidate, need, caller);
      if ('candidate' in outcome) choices.push(outcome);
      else rejected.push({ id: candidate.id, ...outcome });
    }
    return { choices: this.#ordered(choices), rejected };
  }

  /** An answer now is worth more than a slightly better one that waits for a person. */
  #ordered(choices: readonly Choice[]): Choice[] {
    const near = (choices[0]?.candidate.score ?? 0) * this.#config.nearBest;
    const now = choices.filter(({ decision, candidate }) => decision.verdict === 'allow' && candidate.score >= near);
    return [...now, ...choices.filter((choice) => !now.includes(choice))];
  }

  async #judge(
    candidate: ServerCandidate,
    need: CapabilityNeed,
    caller: JobCaller,
  ): Promise<Choice | Omit<Rejection, 'id'>> {
    if (candidate.relevance < this.#config.minRelevance)
      return {
        reason: `it answers the need too little (${candidate.relevance.toFixed(2)}, wanted ${this.#config.minRelevance})`,
      };
    const absent = candidate.needs.backing.filter((each) => !this.#config.backing.includes(each));
    if (absent.length > 0) {
      const names = absent.join(', ');
      return {
        reason: `it needs ${names}: where that is there and set up, name it in provisioner.backing in the pipeline`,
      };
    }
    const missing = candidate.needs.secrets.filter(({ name, required }) => required && !this.#config.secrets[name]);
    if (missing.length > 0) {
      const names = missing.map(({ name }) => name).join(', ');
      return {
        reason: `it needs ${names}: set it in the pipeline, as provisioner: { secrets: { ${missing[0]!.name}: "${'$'}{${missing[0]!.name}}" } }`,
      };
    }
    const way = this.#way(candidate);
    if (way.runner === undefined) return { reason: way.reason };
    const request = installRequest(candidate, way.distribution, way.sandboxed, need, caller);
    const decision = await this.#policy.judge(request);
    if (decision.verdict === 'deny')
      return { reason: `${decision.reason} ${decision.hint}`.trim(), rule: decision.rule };
    return { candidate, distribution: way.distribution, runner: way.runner, request, decision };
  }

  /** The first distribution that a runner takes, in the order of the runners. */
  #way(candidate: ServerCandidate) {
    const reasons: string[] = [];
    for (const name of new Set([...this.#config.runners, ...this.#runners.keys()])) {
      const runner = this.#runners.get(name);
      if (runner === undefined) continue;
      for (const distribution of candidate.distributions) {
        const support = runner.supports(distribution);
        if (support.ok) return { runner: name, distribution, sandboxed: support.sandboxed };
        reasons.push(`${name}: ${support.reason}`);
      }
    }
    return { reason: reasons.length > 0 ? reasons.join('; ') : 'nothing tells how it is run' };
  }
}

function installRequest(
  candidate: ServerCandidate,
  distribution: Distribution,
  sandboxed: boolean,
  need: CapabilityNeed,
  caller: JobCaller,
): InstallRequest {
  const { publisher, needs } = candidate;
  const version = 'version' in distribution ? distribution.version : undefined;
  return {
    principal: caller.principal,
    ...(caller.session !== undefined && { session: caller.session }),
    subject: candidate.id,
    ...(version !== undefined && { version }),
    ...(publisher !== undefined && {
      publisher: {
        ...(publisher.namespace !== undefined && { namespace: publisher.namespace }),
        ...(publisher.stars !== undefined && { stars: publisher.stars }),
        ...(publisher.contributors !== undefined && { contributors: publisher.contributors }),
        ...(publisher.readme !== undefined && { readme: publisher.readme }),
      },
    }),
    needs: { secrets: needs.secrets.map(({ name }) => name), network: needs.network },
    ...(need.level !== undefined && { level: need.level }),
    sandboxed,
  };
}

/** Nothing that was found may be installed: why not, for each. `sources`: who was asked, and did not answer. */
export function nothingFits(
  rejected: readonly Rejection[],
  found: number,
  sources: readonly SourceReport[] = [],
): Error {
  const silent = sources
    .filter(({ state }) => state !== 'ok' && state !== 'skipped')
    .map(({ source, state, reason }) => `${source} (${reason ?? state})`);
  const unheard = silent.length === 0 ? '' : `; did not answer: ${silent.join(', ')}`;
  if (found === 0)
    return fault('CAPABILITY_NOT_FOUND', `no source knows a server for this need${unheard}`, {
      kind: 'not_found',
      hint: 'tell the task in other words, or add a server to config/catalog; the log tells of entries that were left out',
    });
  const first = rejected[0];
  return fault(
    'CAPABILITY_REFUSED',
    `none of ${found} servers may be installed; ${first?.id}: ${first?.reason}${unheard}`,
    { kind: 'forbidden', hint: 'the reasons stand in "rejected", one for each server, with what would help' },
  );
}
