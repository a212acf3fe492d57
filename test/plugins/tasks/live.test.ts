import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../../plugins/tasks/terminal/printable.ts';
import { cut, tail, width } from '../../../plugins/tasks/terminal/width.ts';
import { PROJECT_NODE } from '../../support/boot-kernel.ts';
import { openCli } from './open-cli.ts';

const ESC = '\u001b';
const escaped = (pattern: string, flags = 'gu'): RegExp => new RegExp(pattern.replaceAll('ESC', ESC), flags);

/** What stands on a terminal of so many columns after all that was written: enough of VT100 for what we send. */
function screen(written: string, columns: number): { lines: string[]; wrapped: number } {
  const lines = [''];
  let row = 0;
  let column = 0;
  let wrapped = 0;
  for (const [token] of written.matchAll(escaped('ESC\\[(\\d*)([A-Za-z])|[\\s\\S]'))) {
    const [, n = '', letter] = escaped('^ESC\\[(\\d*)([A-Za-z])$', 'u').exec(token) ?? [];
    if (letter === 'A') row = Math.max(0, row - Number(n || 1));
    else if (letter === 'J') {
      lines[row] = take(lines[row]!, column);
      lines.length = row + 1;
    } else if (letter === 'm') continue;
    else if (letter !== undefined) throw new Error(`${JSON.stringify(token)} is not understood here`);
    else if (token === '\r') column = 0;
    else if (token === '\n') {
      row += 1;
      column = 0;
      lines[row] ??= '';
    } else {
      if (column + width(token) > columns) {
        wrapped += 1;
        row += 1;
        column = 0;
        lines[row] ??= '';
      }
      lines[row] = take(lines[row]!, column) + token;
      column += width(token);
    }
  }
  return { lines, wrapped };
}
const take = (line: string, cells: number): string => {
  let taken = '';
  for (const character of line) if (width(taken + character) <= cells) taken += character;
  return taken;
};

describe('a run on a terminal', () => {
  const both = ['stdout', 'stderr'] as const;

  it('shows what happens, leaves no live line behind, and says the answer once', async () => {
    const { run, said } = openCli({ tty: both, columns: 60 });
    const { code } = await run('steps=2 ms=120 say=first_line\\nsecond_漢字 wait=tool');
    expect(code).toBe(0);
    expect(said.out).toBe('');
    const { lines } = screen(said.err, 60);
    expect(lines.join('\n')).toMatch(/^run [\w-]+ {2}scripted\n> files__read/);
    expect(lines).toContain('< files__read  ok 0.0 s  2 lines [2J');
    expect(lines).toContain('waiting for a tool: a calculator');
    expect(lines.slice(-4, -2)).toEqual(['first line', 'second 漢字']);
    expect(lines.at(-2)).toMatch(/^done \(2 steps/);
    expect(said.err).toMatch(/step 1 \| thinking \| 0\.\d s \| 1200 in 80 out {2}\$0\.0100 \| /);
    expect(said.err).toContain(`${ESC}[36m> files__read`);
  });

  it('says the answer on standard output where that is a pipe, as it is', async () => {
    const { run, said } = openCli({ tty: ['stderr'] });
    await run('say=a\\eb');
    expect(said.out).toBe(`a${ESC}b\n`);
    expect(screen(said.err, 80).lines).toContain('a b');
  });

  it('lets no stranger steer the terminal', async () => {
    const { run, said } = openCli({ tty: both, env: { NO_COLOR: '1' } });
    await run('say=x\\e]0;title\\e\\\\e[2Jy\\n answer=\u009b2J');
    const ours = said.err.replaceAll(escaped('ESC\\[(?:\\d*A|J)'), '');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(ours.replaceAll('\r', '')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });

  it('has no colours with NO_COLOR, and no live line on a dumb terminal', async () => {
    const plain = openCli({ tty: both, env: { NO_COLOR: '1' } });
    await plain.run('answer=1');
    expect(plain.said.err).not.toMatch(escaped('ESC\\[\\d+m'));
    const dumb = openCli({ tty: both, env: { TERM: 'dumb' } });
    await dumb.run('answer=1');
    expect(dumb.said.err).not.toContain(ESC);
  });

  it('never wraps its live lines, whatever is streamed', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab 漢字カ가🙂é\u0301\u200d\\n'), maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 20, max: 50 }), async (said, columns) => {
        const cli = openCli({ tty: ['stderr'], columns, env: { NO_COLOR: '1' } });
        await cli.run(`say=${said.replaceAll(' ', '_')} steps=1`);
        // Live lines are those that are written after a return and before the next one.
        for (const part of cli.said.err.split(escaped('\\r(?:ESC\\[\\d*A)?ESC\\[J')))
          expect(width(part.split('\n').at(-1)!)).toBeLessThan(columns);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the width of text', () => {
  it('is what Node itself measures, for every character', () => {
    const script = `const { getStringWidth } = require('internal/util/inspect');
      const widths = [];
      for (let code = 0x20; code < 0x2fa20; code++)
        widths.push(code >= 0xd800 && code < 0xe000 ? 1 : getStringWidth(String.fromCodePoint(code), false));
      process.stdout.write(widths.join(''));`;
    const { stdout } = spawnSync(PROJECT_NODE, ['--expose-internals', '-e', script], { encoding: 'utf8' });
    const different: string[] = [];
    for (let code = 0xa0; code < 0x2fa20; code++) {
      const character = String.fromCodePoint(code);
      // What is not assigned is not shown, and control characters never come here.
      if ((code >= 0xd800 && code < 0xf900) || /\p{C}/u.test(character)) continue;
      // Node takes characters apart first, and counts marks of wide scripts as wide.
      if (character.normalize('NFC') !== character || /[\u302a-\u302d\u3099\u309a\u{16fe4}]/u.test(character)) continue;
      if (width(character) !== Number(stdout[code - 0x20])) different.push(`${code.toString(16)} ${width(character)}`);
    }
    expect(different).toEqual([]);
  });

  it('is kept by what is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 40 }), (raw, cells) => {
        const text = printable(raw).replaceAll(/[\n\t]/g, ' ');
        expect(width(cut(text, cells))).toBeLessThanOrEqual(cells);
        expect(width(tail(text, cells))).toBeLessThanOrEqual(cells);
        if (width(text) <= cells) expect([cut(text, cells), tail(text, cells)]).toEqual([text, text]);
      }),
    );
  });
});
