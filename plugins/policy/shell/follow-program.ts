import { type Follow, filled, joined } from './follow.ts';
import { readGit } from './git-options.ts';
import { unwrap } from './options.ts';
import type { Word } from './script.ts';
import { CONTAINER, PACKAGE_RUNNERS, WRAPPERS } from './wrappers.ts';

type Program = (words: readonly Word[], texts: readonly string[], follow: Follow, name: string) => void;

/** Everything from an option of these on is a command. */
const after =
  (option: RegExp): Program =>
  (words, texts, follow) => {
    const at = texts.findIndex((each) => option.test(each));
    if (at >= 0) follow.run(filled(words.slice(at + 1), '{}'));
  };
const assigns: Program = (words, _, follow) => {
  for (const each of words) follow.assign(each);
};

const MOST_ACTIONS = 20;
const find: Program = (words, texts, follow) => {
  const actions = texts.flatMap((text, at) => (/^-(?:exec|ok)(?:dir)?$/.test(text) ? [at] : []));
  if (actions.length > MOST_ACTIONS) follow.fail(`find with more than ${MOST_ACTIONS} programs`);
  for (const at of actions.slice(0, MOST_ACTIONS)) {
    const end = texts.findIndex((each, n) => n > at && (each === ';' || each === '+'));
    follow.run(filled(words.slice(at + 1, end < 0 ? undefined : end), '{}'));
  }
};

const git: Program = (words, _, follow) => {
  const read = readGit(words);
  follow.fail(read.unclear);
  if (read.words.length < words.length) follow.note('git', read.words);
  for (const each of read.scripts) follow.script(each);
  follow.run(read.inner);
};

const container: Program = (words, texts, follow) => {
  const at = texts.findIndex((each) => each === 'exec' || each === 'run');
  const isOther = texts
    .slice(0, at)
    .some(
      (each, n) => !each.startsWith('-') && !/^(?:compose|container)$/.test(each) && !texts[n - 1]?.startsWith('-'),
    );
  if (at < 0 || isOther) return;
  const { inner, values, unclear } = unwrap(words.slice(at + 1), CONTAINER);
  follow.fail(unclear);
  const entry = values.get('entrypoint');
  follow.run(entry === undefined ? inner : [entry, ...inner]);
};

const cluster: Program = (words, texts, follow, name) => {
  if (!texts.some((each) => /^(?:exec|run|debug|shell)$/.test(each))) return;
  const at = texts.indexOf('--');
  if (at >= 0) follow.run(words.slice(at + 1));
  else follow.fail(`${name} without -- before the command`);
};

/** GNU parallel: a template that a shell reads, and values after `:::`. */
const parallel: Program = (words, texts, follow) => {
  const at = texts.findIndex((each) => each.startsWith(':::'));
  const before = at < 0 ? words : words.slice(0, at);
  const values = at < 0 ? [] : words.slice(at + 1);
  const begin = before.findIndex(
    ({ text }, n) =>
      !text.startsWith('-') &&
      !/^-(?:[jnNPLSIadC]|-(?:jobs|max-args|delay|timeout|retries|halt|joblog|results|sshlogin|arg-file|colsep|delimiter|memfree|load))$/.test(
        texts[n - 1] ?? '',
      ),
  );
  const template = begin < 0 ? [] : before.slice(begin);
  if (template.length > 0) follow.script(joined(template));
  if (template.length > 0 && !/[{}]/.test(template[0]!.text)) return;
  if (values.length === 0 || texts[at]!.startsWith('::::')) follow.fail('parallel runs what it reads');
  for (const each of values) follow.script(each);
};

const command: Program = (words, _, follow) => {
  const { inner, given } = unwrap(words, WRAPPERS.get('builtin')!);
  if (!given.has('v') && !given.has('V')) follow.run(inner);
};

const source: Program = ([first], _, follow) => {
  if (first === undefined || first.open || /^\/(?:dev|proc)\//.test(first.text))
    follow.fail('a script that comes from elsewhere');
};

const packages: Program = (words, texts, follow, name) => {
  if (!PACKAGE_RUNNERS.get(name)!.has(texts[0] ?? '')) return;
  const { inner, scripts, unclear } = unwrap(words.slice(1), WRAPPERS.get('npx')!);
  follow.fail(unclear);
  for (const each of scripts) follow.script(each);
  follow.run(inner);
};

const PROGRAMS: ReadonlyMap<string, Program> = new Map<string, Program>([
  ['find', find],
  ['fd', after(/^(?:-[xX]|--exec(?:-batch)?)$/)],
  ['fdfind', after(/^(?:-[xX]|--exec(?:-batch)?)$/)],
  ['cmake', after(/^-E$/)],
  ['git', git],
  ['docker', container],
  ['podman', container],
  ['nerdctl', container],
  ['docker-compose', container],
  ['kubectl', cluster],
  ['oc', cluster],
  ['lxc', cluster],
  ['incus', cluster],
  ['parallel', parallel],
  ['command', command],
  ['.', source],
  ['source', source],
  ['export', assigns],
  ['declare', assigns],
  ['typeset', assigns],
  ['local', assigns],
  ['readonly', assigns],
  ['eval', (words, texts, follow) => follow.script(joined(texts[0] === '--' ? words.slice(1) : words))],
  ['trap', (words, texts, follow) => words.length > 1 && follow.script(words[texts[0] === '--' ? 1 : 0]!)],
  [
    'alias',
    (words, _, follow) => {
      for (const each of words)
        if (each.text.includes('=')) follow.script({ ...each, text: each.text.slice(each.text.indexOf('=') + 1) });
    },
  ],
  [
    'coproc',
    (words, _, follow) => {
      follow.fail('a coprocess');
      follow.run(words);
    },
  ],
  ...[...PACKAGE_RUNNERS.keys()].map((name): [string, Program] => [name, packages]),
]);

/** Programs that run others in ways of their own. */
export function followProgram(name: string, words: readonly Word[], follow: Follow): void {
  PROGRAMS.get(name)?.(
    words,
    words.map((each) => each.text),
    follow,
    name,
  );
}
