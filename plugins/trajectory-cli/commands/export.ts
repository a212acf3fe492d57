import type { Command, Work } from '../command.ts';
import { exportImported } from '../export/imported.ts';
import { exportRecorded, RECORDED_FORMATS } from '../export/recorded.ts';
import { REDACT_LEVELS, type RedactChoice } from '../redacted.ts';
import { oneOf, parsed, which, wrong } from '../words.ts';

const REDACT = `[--redact ${REDACT_LEVELS.join('|')}]`;

export const exportRuns: Command = {
  name: 'export',
  help: [
    [`export FORMAT PATH [--runs ID,...] ${REDACT}`, 'imported runs as openai, sharegpt, atif or parquet;'],
    ['', 'native: recorded runs as JSON lines'],
    [
      `export RUN|--all [--format ${RECORDED_FORMATS.join('|')}] [--out FILE]`,
      'recorded runs as JSON lines, to standard output without --out',
    ],
  ],
  parse(words) {
    const { values, positionals } = parsed(words, 2, {
      all: { type: 'boolean' },
      format: { type: 'string' },
      out: { type: 'string' },
      runs: { type: 'string' },
      redact: { type: 'string' },
    });
    const redact = oneOf(values.redact ?? 'secrets', REDACT_LEVELS, 'level of redaction');
    const [first, path] = positionals;
    if (path !== undefined) {
      if (values.all !== undefined || values.format !== undefined || values.out !== undefined)
        throw wrong('export FORMAT PATH takes --runs and --redact');
      return toPath(first!, path, { ids: values.runs?.split(',').filter((id) => id !== ''), redact });
    }
    if (values.runs !== undefined) throw wrong('--runs goes with export FORMAT PATH');
    if (values.all === true && first !== undefined) throw wrong('export takes a run or --all, not both');
    const ids = values.all === true ? undefined : [which(first, 'export', 'run')];
    const format = oneOf(values.format ?? 'native', RECORDED_FORMATS, 'format');
    return (setting, signal) => {
      if (first === 'native' || setting.formats.writable.some((each) => each === first))
        throw wrong(`export ${first}: to which file?`);
      return exportRecorded(setting, signal, { ids, format, file: values.out, redact });
    };
  },
};

const toPath =
  (format: string, file: string, { ids, redact }: { ids: string[] | undefined; redact: RedactChoice }): Work =>
  async (setting, signal) => {
    if (format === 'native') return exportRecorded(setting, signal, { ids, format, file, redact });
    oneOf(format, ['native', ...setting.formats.writable], 'format');
    return exportImported(setting, signal, { ids, format, file, redact });
  };
