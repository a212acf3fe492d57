// A stand-in for a model that calls one tool after the other.   node stepping-model.ts STEPS TOOLS
import { scriptedModel } from '../../support/scripted-model.ts';

const [steps = 200, tools = 10] = process.argv.slice(2).map(Number);
let n = 0;
const { url } = await scriptedModel(({ body }) => {
  const input = Math.ceil(JSON.stringify(body.messages).length / 4);
  const usage = { input, output: 20 };
  const summary = {
    goal: 'Look at everything.',
    state: `Looked at ${n} things.`,
    facts: [`The last was number ${n}.`],
  };
  if (body.tools === undefined) return { text: JSON.stringify(summary), usage };
  if (++n >= steps) return { text: 'That is all.', usage };
  const offered: string[] = body.tools.map((each: { function: { name: string } }) => each.function.name);
  const name = offered.find((each) => each.endsWith(`look${n % tools}`))!;
  return { text: `Now number ${n}.`, calls: [{ name, args: { at: n } }], usage };
});
process.stdout.write(`${url}\n`);
