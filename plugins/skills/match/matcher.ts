import { createHash } from 'node:crypto';
import { isFault, type Log, reason } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { SkillMatch, SkillSummary } from '../api.ts';
import type { SkillsConfig } from '../config.ts';
import { termsOf } from './terms.ts';

/** By the model and the text that was embedded. */
export type Vectors = Map<string, Float32Array>;

const LONGEST_TASK = 8_000;
const NAME_WEIGHT = 2;
/** So much weight in common is half of certainty. */
const HALF = 3;
/** Below so many skills the mean says nothing of what is unlike. */
const FEW = 5;

interface Known {
  readonly skill: SkillSummary;
  readonly name: ReadonlySet<string>;
  readonly all: ReadonlySet<string>;
}

/** Which skills fit a task: rare words in common, and nearness of meaning where a model embeds. The better one counts. */
export class Matcher {
  readonly #config: SkillsConfig['match'];
  readonly #llm: Llm | undefined;
  readonly #log: Log;
  vectors: Vectors = new Map();
  #of: readonly SkillSummary[] = [];
  #known: readonly Known[] = [];

  constructor(config: SkillsConfig['match'], llm: Llm | undefined, log: Log) {
    this.#config = config;
    this.#llm = llm;
    this.#log = log;
  }

  async match(
    catalog: readonly SkillSummary[],
    task: string,
    k: number,
    signal?: AbortSignal,
  ): Promise<readonly SkillMatch[]> {
    const asked = task.slice(0, LONGEST_TASK);
    const words = this.#byKeywords(catalog, asked);
    const meanings = await this.#byMeaning(catalog, asked, signal);
    return catalog
      .map((skill, at): SkillMatch => {
        const meant = meanings?.[at] ?? 0;
        return meant > words[at]!
          ? { skill, score: meant, by: 'meaning' }
          : { skill, score: words[at]!, by: 'keywords' };
      })
      .filter(({ score }) => score >= this.#config.least && score > 0)
      .sort((a, b) => b.score - a.score || (a.skill.name < b.skill.name ? -1 : 1))
      .slice(0, Math.max(0, k));
  }

  #byKeywords(catalog: readonly SkillSummary[], task: string): number[] {
    if (this.#of !== catalog) {
      this.#known = catalog.map((skill) => {
        const name = termsOf(skill.name);
        return { skill, name, all: new Set([...name, ...termsOf(skill.description)]) };
      });
      this.#of = catalog;
    }
    const known = this.#known;
    const asked = [...termsOf(task)].map((term) => {
      const having = known.filter(({ all }) => all.has(term)).length;
      return { term, weight: Math.log(1 + (known.length - having + 0.5) / (having + 0.5)) + 0.5 };
    });
    const plain = ` ${task.normalize('NFKC').toLowerCase()} `;
    const usual = known.reduce((sum, { all }) => sum + all.size, 0) / Math.max(1, known.length);
    return known.map(({ skill, name, all }) => {
      let common = 0;
      for (const { term, weight } of asked) if (all.has(term)) common += weight * (name.has(term) ? NAME_WEIGHT : 1);
      // Who says more has more in common with everything.
      const score = common / (common + (HALF * (1 + all.size / usual)) / 2);
      // Who names it, means it.
      return isNamed(plain, skill.name.toLowerCase()) ? Math.max(0.95, score) : score;
    });
  }

  /** Cosines, less what is usual between this task and any skill. undefined where no model embeds. */
  async #byMeaning(
    catalog: readonly SkillSummary[],
    task: string,
    signal: AbortSignal | undefined,
  ): Promise<number[] | undefined> {
    const model = this.#llm?.embeddingModel;
    if (this.#llm === undefined || model === undefined || catalog.length === 0) return undefined;
    const texts = catalog.map(({ name, description }) => `${name}: ${description}`);
    const keys = texts.map((text) => createHash('sha256').update(`${model}\0${text}`).digest('hex'));
    const missing = [...new Set(keys)].filter((key) => !this.vectors.has(key));
    const limit = AbortSignal.timeout(this.#config.embedMs);
    try {
      const wanted = [task, ...missing.map((key) => texts[keys.indexOf(key)]!)];
      const [asked, ...rest] = await this.#llm.embed(wanted, signal ? AbortSignal.any([signal, limit]) : limit);
      for (const [at, key] of missing.entries()) this.vectors.set(key, rest[at]!);
      const wantedKeys = new Set(keys);
      for (const key of this.vectors.keys()) if (!wantedKeys.has(key)) this.vectors.delete(key);
      const cosines = keys.map((key) => dot(asked!, this.vectors.get(key)!));
      const usual = catalog.length < FEW ? 0 : cosines.reduce((sum, each) => sum + each, 0) / cosines.length;
      return cosines.map((each) => Math.min(1, Math.max(0, (each - usual) / Math.max(0.05, 1 - usual))));
    } catch (error) {
      signal?.throwIfAborted();
      const why = isFault(error) ? error.code : reason(error);
      this.#log.warn('No model embeds now: skills are matched by keywords alone.', { reason: why });
      return undefined;
    }
  }
}

const isNamed = (plain: string, name: string): boolean => {
  for (let at = plain.indexOf(name); at >= 0; at = plain.indexOf(name, at + 1)) {
    const around = plain[at - 1]! + (plain[at + name.length] ?? ' ');
    // Parts of words are not the word; a single short word is too common to be a name.
    if (!/[\p{L}\p{N}_-]/u.test(around) && /[-\s]|.{6}/u.test(name)) return true;
  }
  return false;
};

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * (b[at] ?? 0);
  return sum;
}
