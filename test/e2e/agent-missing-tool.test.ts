import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KERNEL_BIN, PROJECT_NODE } from '../support/boot-kernel.ts';
import { sandboxMissing } from '../support/sandbox.ts';
import { type Asked, type Reply, type ScriptedModel, scriptedModel } from '../support/scripted-model.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const pipeline = (name: string): string => resolve(import.meta.dirname, `../../pipelines/${name}.yaml`);

/** Asks for what it lacks, uses what came, and answers with what that said. */
function decide({ body }: Asked): Reply {
  const outputs = body.messages
    .filter(({ role }: { role: string }) => role === 'tool')
    .map(({ content }: { content: unknown }) => String(content));
  const entities = [{ name: 'Ada', entityType: 'person', observations: ['wrote the first program'] }];
  const steps: readonly Reply[] = [
    {
      text: 'I have no memory for facts.',
      calls: [
        {
          name: 'request_tool',
          args: { need: 'remember facts about people as a graph', capabilities: ['knowledge_graph'] },
        },
      ],
    },
    { text: 'I keep the fact.', calls: [{ name: 'memory__create_entities', args: { entities } }] },
    { text: 'I look it up.', calls: [{ name: 'memory__search_nodes', args: { query: 'Ada' } }] },
  ];
  return steps[outputs.length] ?? { text: `Remembered: ${outputs.at(-1)}` };
}

/** A real server from the npm registry, as the catalog that ships knows it. */
describe.skipIf(sandboxMissing('the installation of real servers'))('a task that needs a tool which nobody has', () => {
  let dir: string;
  let model: ScriptedModel;
  let server: ServerProcess | undefined;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'agent-missing-tool-'));
    model = await scriptedModel(decide);
  });
  afterAll(async () => {
    await server?.stop();
    await model?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const kernel = (name: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
    new Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>((done) => {
      const child = spawn(PROJECT_NODE, [KERNEL_BIN, 'start', pipeline(name), '--', ...args], {
        cwd: dir,
        env: { ...process.env, MCP_CONFIG: join(dir, 'mcp.json'), LLM_URL: model.url, LLM_MODEL: 'scripted', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = { out: '', err: '' };
      for (const [name, stream] of [
        ['out', child.stdout],
        ['err', child.stderr],
      ] as const)
        stream.setEncoding('utf8').on('data', (text: string) => {
          said[name] += text;
        });
      child.once('close', (code) => done({ code, ...said }));
    });

  const works = async (data: string, env: Readonly<Record<string, string>>): Promise<void> => {
    const own = { DATA_DIR: join(dir, data), ...env };
    const asked = model.asked.length;
    const { code, out, err } = await kernel('agent', ['--json', 'Remember that Ada wrote the first program.'], own);
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect({ code, last: events.at(-1) }, err).toMatchObject({
      code: 0,
      last: {
        type: 'done',
        result: { stop: { kind: 'done' }, answer: expect.stringContaining('wrote the first program') },
      },
    });
    expect(model.asked.length - asked).toBe(4);
    const types = events.map(({ type }) => type);
    expect(types.indexOf('waiting')).toBeLessThan(types.indexOf('resumed'));
    const shown = await kernel('trajectories', ['export', events[0].run], own);
    expect(shown.code, shown.err).toBe(0);
    const { steps } = JSON.parse(shown.out);
    const executed = steps.filter((step: { step_type: string }) => step.step_type === 'tool_execution');
    const tools = executed.map(({ input_data }: { input_data: { tool_name: string } }) => input_data.tool_name);
    expect(tools).toEqual(['request_tool', 'memory__create_entities', 'memory__search_nodes']);
  };

  test('by itself, in one process', () => works('alone', {}), 120_000);

  test('with the tools of a server in another process', async () => {
    server = await startServer();
    await works('remote', { TOOLS_URL: server.url });
  }, 120_000);
});
