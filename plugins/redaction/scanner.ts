import type { RedactionLevel } from './api.ts';
import { base64In } from './base64.ts';
import type { RedactionConfig } from './config.ts';
import type { KnownValues } from './known-values.ts';
import { isInPlaceholder } from './placeholders.ts';
import type { Reading } from './reading.ts';
import { RecentReadings } from './recent-readings.ts';
import { DOT_STARTS, emails } from './rules/emails.ts';
import { headers } from './rules/headers.ts';
import { homePaths } from './rules/home-paths.ts';
import { namedRule } from './rules/named.ts';
import { nearWords } from './rules/near-words.ts';
import { iban, numbers } from './rules/numbers.ts';
import { ownRule } from './rules/own.ts';
import { HOST_STARTS, privateHosts } from './rules/private-hosts.ts';
import type { Found, Rule } from './rules/rule.ts';
import { PROGRAM_STARTS, shell, VARIABLE_STARTS } from './rules/shell.ts';
import { SCHEME_STARTS, tokens } from './rules/tokens.ts';
import { urlRule } from './rules/urls.ts';
import { MARK_STARTS, vendorKeys } from './rules/vendor-keys.ts';
import { type Span, united } from './span.ts';
import { WordStarts } from './starts.ts';
import { TellingNames } from './telling-names.ts';
import { decoded, type View, viewsOf } from './views.ts';

/** No value that shows by itself, or with its name, is shorter. */
const SHORTEST = 6;

const NOTHING: Reading = { spans: [], tells: false, told: [] };

/** All rules of one level over a text and what is encoded in it. */
export class Scanner {
  readonly names: TellingNames;
  readonly #rules: readonly Rule[];
  readonly #starts: WordStarts;
  readonly #keep: ReadonlySet<string>;
  readonly #recent: RecentReadings;

  constructor(config: RedactionConfig, level: RedactionLevel) {
    this.names = new TellingNames(config.names);
    this.#starts = new WordStarts({
      name: this.names.starts,
      mark: MARK_STARTS,
      scheme: SCHEME_STARTS,
      variable: VARIABLE_STARTS,
      program: PROGRAM_STARTS,
      dot: DOT_STARTS,
      host: HOST_STARTS,
    });
    this.#keep = new Set(config.keep.map(decoded));
    this.#recent = new RecentReadings(config.recentCharacters);
    const own = config.patterns.map(({ kind, pattern, ignoreCase, level: from }) =>
      ownRule(kind, pattern, ignoreCase, from),
    );
    this.#rules = [
      ...tokens,
      ...vendorKeys,
      headers,
      namedRule(this.names),
      ...shell,
      nearWords(this.names),
      urlRule(level),
      ...emails,
      ...homePaths,
      ...privateHosts,
      iban,
      numbers,
      ...own,
    ].filter((rule) => level === 'all' || rule.level === 'secrets');
  }

  /** Does it stay, whatever it looks like? */
  keeps(value: string): boolean {
    return this.#keep.size > 0 && this.#keep.has(decoded(value));
  }

  /** What the rules find, one span over those that overlap. */
  read(text: string): Reading {
    return text.length < SHORTEST ? NOTHING : this.#recent.of(text, this.#reading);
  }

  readonly #reading = (text: string): Reading => {
    const all: Span[] = [];
    const told: [string, string][] = [];
    let tells = false;
    for (const view of viewsOf(text)) {
      const found: Found = (start, end, kind, named = false) => {
        const span = { start: begin(text, view.at(start)), end: view.at(end), kind };
        if (span.end <= span.start || this.keeps(text.slice(span.start, span.end))) return;
        all.push(span);
        if (named) told.push([decoded(view.text.slice(start, end)), kind]);
      };
      if (this.#find(view.text, found)) tells = true;
      this.#inBase64(view, told, found);
    }
    return all.length === 0 && told.length === 0 && !tells ? NOTHING : { spans: united(all), tells, told };
  };

  /** Where known values stand, in whatever encoding. */
  bare(text: string, known: KnownValues): Span[] {
    const all: Span[] = [];
    if (known.size === 0) return all;
    for (const view of viewsOf(text)) {
      known.find(view.text, (start, end, kind) => {
        all.push({ start: view.at(start), end: view.at(end), kind });
      });
      for (const [start, end, inside] of base64In(view.text)) {
        known.find(inside, (_from, _to, kind) => {
          all.push({ start: view.at(start), end: view.at(end), kind });
        });
      }
    }
    return all;
  }

  /** Whether a name that tells of secrets stands in it. */
  #find(text: string, found: Found): boolean {
    const may = this.#starts.in(text);
    const starts =
      may.name.length === 0
        ? may
        : { ...may, name: may.name.filter((at) => this.names.beginsAt(text, at) && !isInPlaceholder(text, at)) };
    for (const rule of this.#rules) if (rule.may(text, starts)) rule.find(text, found, starts);
    return starts.name.length > 0;
  }

  #inBase64(view: View, told: [string, string][], found: Found): void {
    for (const [start, end, inside] of base64In(view.text)) {
      let first: string | undefined;
      let shown = inside;
      const within: Found = (from, to, kind, named = false) => {
        first ??= kind;
        if (named) told.push([decoded(shown.slice(from, to)), kind]);
      };
      for (const { text } of viewsOf(inside)) {
        shown = text;
        this.#find(text, within);
      }
      if (first !== undefined) found(start, end, first);
    }
  }
}

/** A character of an escape before a value is no part of it: `\nada@example.com`. */
function begin(text: string, start: number): number {
  if (start === 0 || text[start - 1] !== '\\' || !/[nrtbf]/.test(text[start]!)) return start;
  let strokes = 1;
  while (text[start - 1 - strokes] === '\\') strokes++;
  return strokes % 2 === 1 || strokes > 2 ? start + 1 : start;
}
