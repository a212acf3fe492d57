import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { REDACTOR } from '#plugins/redaction/api';
import { TRAJECTORIES } from '#plugins/trajectory/api';
import { TRAJECTORY_ARCHIVE } from '#plugins/trajectory-archive/api';
import { TRAJECTORY_FORMATS } from '#plugins/trajectory-formats/api';
import type { Output, Services } from '../../../plugins/trajectory-cli/command.ts';
import { trajectoryCliConfig } from '../../../plugins/trajectory-cli/config.ts';
import { TrajectoryCommand } from '../../../plugins/trajectory-cli/trajectory-command.ts';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';

/** The command line on real plugins, in a folder of its own. */
export function openCli() {
  const dir = mkdtempSync(path.join(tmpdir(), 'trajectory-cli-'));
  let kernel: BootedKernel;
  const cli = { dir, services: undefined as unknown as Services };

  beforeAll(async () => {
    kernel = await bootKernel({
      plugins: {
        storage: { dir },
        trajectory: { dir: path.join(dir, 'trajectories') },
        'trajectory-formats': {},
        'trajectory-archive': {},
        redaction: {},
      },
    });
    cli.services = {
      trajectories: kernel.get(TRAJECTORIES),
      archive: kernel.get(TRAJECTORY_ARCHIVE),
      formats: kernel.get(TRAJECTORY_FORMATS),
      redactor: kernel.get(REDACTOR),
    };
  });
  afterAll(async () => {
    await kernel?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const runWith = async (
    given: Partial<Services & Pick<Output, 'isTerminal'>> & { readonly signal?: AbortSignal },
    ...argv: string[]
  ) => {
    const said = { out: '', err: '' };
    const { signal = new AbortController().signal, isTerminal = false, ...services } = given;
    const command = new TrajectoryCommand({ ...cli.services, ...services }, trajectoryCliConfig.parse({}), {
      out: async (text) => {
        said.out += text;
      },
      err: async (text) => {
        said.err += text;
      },
      isTerminal,
    });
    return { code: await command.run(argv, signal), ...said };
  };
  return { cli, runWith, run: (...argv: string[]) => runWith({}, ...argv) };
}

/** A record of chat messages, as anybody's log may have it. */
export const chat = (name: string, said: { readonly tools?: readonly string[]; readonly text?: string } = {}) => {
  const { tools = ['find'], text = `please do ${name}` } = said;
  return {
    messages: [
      { role: 'system', content: 'You are a careful agent.' },
      { role: 'user', content: text },
      ...tools.flatMap((tool, at) => [
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: `call_${at}`, type: 'function', function: { name: tool, arguments: JSON.stringify({ of: text }) } },
          ],
        },
        { role: 'tool', tool_call_id: `call_${at}`, content: `found ${text}` },
      ]),
      { role: 'assistant', content: `${name} is done` },
    ],
  };
};
export const jsonl = (records: readonly unknown[]): string =>
  records.map((each) => `${JSON.stringify(each)}\n`).join('');
