import type { ToolMatcher } from '#plugins/tool-search/api';
import type { FoundServer, ServerCandidate, ServerQuery } from './api.ts';
import type { Merged } from './merge.ts';
import type { PackageFacts } from './verify.ts';

/** How much trust counts against relevance: it orders servers that answer about equally well. */
const TRUST_SHARE = 0.2;

/** 0 to 1 for each server: how much of the need it covers, with the words that it shares. */
export function relevanceOf(matcher: ToolMatcher, query: ServerQuery, servers: readonly FoundServer[]) {
  const words = [query.query, ...(query.capabilities ?? [])].join(' ');
  const matches = matcher.match(words, servers.map(textOf));
  return servers.map((server, n) => {
    const { relevance, shared } = matches[n]!;
    const named = (query.capabilities ?? []).filter((each) => server.capabilities.includes(each));
    const share = query.capabilities?.length ? named.length / query.capabilities.length : 0;
    // A capability that the server declares by name is more than words in common.
    return { relevance: Math.min(1, Math.max(relevance, 0.5 * share + 0.5 * relevance + 0.25 * share)), shared, named };
  });
}

const textOf = ({ name, title, description, capabilities, keywords = [], tools }: FoundServer) => ({
  name,
  description: [title, description, ...tools.map(({ name: tool, description: text = '' }) => `${tool} ${text}`)]
    .filter(Boolean)
    .join('. '),
  capabilities: [...capabilities, ...keywords],
});

interface Judged {
  readonly merged: Merged;
  readonly relevance: number;
  readonly shared: readonly string[];
  readonly named: readonly string[];
  readonly facts: PackageFacts | undefined;
  /** Why it could not be looked up. */
  readonly unverified?: string;
}

export function candidateOf(judged: Judged): ServerCandidate {
  const { merged, relevance, shared, named, facts, unverified } = judged;
  const trust = trustOf(merged, facts);
  const reasons = [
    ...(named.length > 0 ? [`declares ${named.join(', ')}`] : []),
    ...(shared.length > 0 ? [`shares ${shared.slice(0, 8).join(', ')}`] : []),
    ...trust.reasons,
    ...(unverified === undefined ? [] : [unverified]),
  ];
  return {
    ...merged.server,
    sources: merged.sources,
    verified: facts !== undefined,
    relevance: round(relevance),
    trust: round(trust.score),
    score: round(relevance * (1 - TRUST_SHARE) + trust.score * relevance * TRUST_SHARE),
    reasons,
  };
}

function trustOf({ server, sources }: Merged, facts: PackageFacts | undefined) {
  const reasons: string[] = [];
  let score = 0.2;
  const count = (points: number, why: string): void => {
    score += points;
    reasons.push(why);
  };
  const { stars = 0, repository } = server.publisher ?? {};
  if (sources.includes('catalog')) count(0.3, 'in the local catalog');
  if (sources.length > 1) count(0.1, `known to ${sources.join(', ')}`);
  if (facts?.mcpName !== undefined) count(0.1, `its package names itself ${facts.mcpName}`);
  if (facts?.integrity !== undefined) count(0.05, `version ${facts.version} is pinned with its checksum`);
  if (stars > 0) count(Math.min(0.2, Math.log10(1 + stars) / 20), `${stars} stars`);
  if (repository !== undefined) count(0.05, `source at ${repository}`);
  if (server.license !== undefined) count(0.05, `licence ${server.license}`);
  if (facts?.deprecated !== undefined) count(-0.3, `deprecated: ${facts.deprecated}`);
  return { score: Math.max(0, Math.min(1, score)), reasons };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
