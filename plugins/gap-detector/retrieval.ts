import type { CatalogDocument } from '#plugins/tool-search/api';
import type { GapAnswer, GapRequest, GapTool } from './api.ts';
import type { GapDetectorConfig } from './config.ts';
import { type Picture, pictureOf } from './features.ts';
import { coverageOf, enough } from './judge.ts';
import { missingFrom, missingNamed } from './missing.ts';
import { type Offered, offeredOf } from './offered.ts';
import { asWords, havingCapability } from './required.ts';

export type Judged = Omit<GapAnswer, 'cached' | 'cacheAgeMs'>;

/** A tool far behind the best would not be used. */
const NEAR_THE_BEST = 0.6;
const UNLIKELY = 0.05;
const LIKELY = 0.95;
/** How sure the comparison with the catalog is; not calibrated, there is no public data for it. */
const BETTER_ELSEWHERE = 0.7;
/** A tool that is described in another script cannot be compared by words: it may serve or not. */
const UNKNOWN_CHANCE = 0.49;

/** Judges by words, their meaning and their characters; needs no model. */
export function judgeByRetrieval(request: GapRequest, tools: readonly GapTool[], config: GapDetectorConfig): Judged {
  const required = request.requiredCapabilities ?? [];
  const offered = tools.map(offeredOf);
  const task = request.task.trim() === '' ? required.map(asWords).join(', ') : request.task;
  const picture = pictureOf(task, offered);
  const having = required.map((capability) => havingCapability(capability, offered));
  const lacking = required.filter((_, n) => having[n]!.length === 0);
  const foreign = picture.situation === 'chinese' && offered.length > 0 && !offered.some(isChinese);
  const chance =
    required.length > 0 ? (lacking.length > 0 ? UNLIKELY : LIKELY) : foreign ? UNKNOWN_CHANCE : enough(picture);
  const coverage = coverageOf(chance);
  const sufficient = coverage >= config.coverageThreshold;
  const missing = sufficient ? [] : lacking.length > 0 ? missingNamed(lacking) : missingFrom(task, picture);
  return {
    sufficient,
    confidence: sufficient ? chance : 1 - chance,
    coverage,
    reasoning: reasoningOf({ tools, picture, sufficient, foreign, lacking, required }),
    missing,
    candidates: (required.length > 0 && sufficient ? capable(picture, having.flat()) : likeliest(picture)).slice(
      0,
      config.candidates,
    ),
    strategy: 'retrieval',
  };
}

/** The same, but that a server which could be installed answers the task clearly better. */
export function gapBeside({ name, title, description = '' }: CatalogDocument, judged: Judged, task: string): Judged {
  return {
    ...judged,
    sufficient: false,
    confidence: BETTER_ELSEWHERE,
    coverage: coverageOf(1 - BETTER_ELSEWHERE),
    reasoning: `"${title ?? name}", which is in the catalog and not installed, answers the task clearly better: ${description}`,
    missing: missingFrom(task, pictureOf(task, [])),
  };
}

type Candidate = GapAnswer['candidates'][number];

function likeliest({ ranked }: Picture): readonly Candidate[] {
  const best = ranked[0]?.score ?? 0;
  return ranked.filter(({ score }) => score > 0 && score >= best * NEAR_THE_BEST).map(candidate);
}

/** Where capabilities are required, only tools that have one; those that fit the task too come first. */
function capable({ ranked }: Picture, having: readonly Offered[]): readonly Candidate[] {
  const able = new Set(having.map(({ tool }) => tool));
  const fitting = ranked.filter(({ tool }) => able.has(tool));
  const rest = [...able].filter((each) => !fitting.some(({ tool }) => tool === each));
  return [...fitting, ...rest.map((tool) => ({ tool, score: 0, covers: 0 }))].map(candidate);
}

const candidate = ({ tool, score, covers }: { tool: GapTool; score: number; covers: number }): Candidate => ({
  tool: tool.name,
  score: Math.min(1, score),
  reason: `covers ${Math.round(covers * 100)} % of the words of the task`,
});

const isChinese = ({ text }: Offered): boolean => [...text.unknown.keys()].some((term) => /\p{Script=Han}/u.test(term));

interface Reasons {
  readonly tools: readonly GapTool[];
  readonly picture: Picture;
  readonly sufficient: boolean;
  readonly foreign: boolean;
  readonly lacking: readonly string[];
  readonly required: readonly string[];
}
function reasoningOf({ tools, picture, sufficient, foreign, lacking, required }: Reasons): string {
  const best = picture.ranked[0];
  if (best === undefined) return 'There are no tools.';
  if (lacking.length > 0) return `No tool says that it can do: ${lacking.join(', ')}.`;
  if (required.length > 0) return `Every required capability is there: ${required.join(', ')}.`;
  if (foreign)
    return 'The task is told in Chinese and no tool is described in it: words cannot tell whether one serves.';
  const covered = `"${best.tool.name}", the best of ${tools.length}, covers ${Math.round(best.covers * 100)} % of the words of the task`;
  return sufficient ? `${covered} and is likely to serve.` : `${covered}, which is too little to serve.`;
}
