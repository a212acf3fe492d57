import { type Follow, filled, joined } from './follow.ts';
import { unwrap } from './options.ts';
import { type Word, word } from './script.ts';
import { WRAPPERS } from './wrappers.ts';

/** Without a command these open a shell, or ask for what to do. */
const OPENS_SHELL = new Set([
  'sudo',
  'su',
  'doas',
  'chroot',
  'unshare',
  'nsenter',
  'runuser',
  'proot',
  'fakeroot',
  'firejail',
]);
const ASKS = ['l', 'v', 'V', 'K', 'k', 'list', 'validate', 'version', 'help'];

export const isWrapper = (name: string): boolean => WRAPPERS.has(name) || isLoader(name);
/** The dynamic loader runs what it is given. */
const isLoader = (name: string): boolean => /^ld-(?:linux|musl)/.test(name);

/** The command that `sudo`, `env`, `timeout`, `xargs` and their like run. */
export function followWrapper(name: string, words: readonly Word[], follow: Follow): void {
  if (isLoader(name)) {
    follow.run(
      words.slice(
        Math.max(
          0,
          words.findIndex((each) => !each.text.startsWith('-')),
        ),
      ),
    );
    return;
  }
  const wrapper = WRAPPERS.get(name)!;
  const { inner, scripts, values, given, assignments, unclear } = unwrap(words, wrapper);
  follow.fail(unclear);
  for (const each of assignments) follow.assign(each);
  for (const [option, value] of values)
    if (option === 'o' && /command/i.test(value.text)) follow.fail(`${name} with an option that names a program`);
  // What follows the words that env splits belongs to them.
  for (const each of scripts) follow.script(name === 'env' ? joined([each, ...inner]) : each);
  if (name === 'runuser' && !values.has('u') && !values.has('user')) follow.fail('runuser without a user');
  if (scripts.length > 0) return;
  if (inner.length === 0 && name !== 'xargs') {
    const opens = wrapper.joined || OPENS_SHELL.has(name);
    if (opens && !ASKS.some((each) => given.has(each))) follow.fail(`${name} runs what it is told later`);
  } else if (wrapper.joined) follow.script(joined(inner));
  else if (name === 'xargs')
    follow.run([...filled(inner.length > 0 ? inner : [word('echo')], values.get('I')?.text ?? '{}'), word('…', true)]);
  else follow.run(inner);
}
