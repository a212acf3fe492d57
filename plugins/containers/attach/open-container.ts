import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, messageOf, type Reply, send } from './docker-http.ts';
import type { AttachPlan, ContainerSpec } from './plan.ts';

const RETRY_MS = 250;
const NAMES = 5;

/** Creates the container: waits for the engine, goes round a taken name, and gets a lost image back from its tar. */
export async function openContainer(plan: AttachPlan, spec: ContainerSpec): Promise<string> {
  let name = plan.name;
  let isRestored = false;
  for (let attempt = 0; attempt < NAMES; ) {
    const reply = await create(plan, name, spec);
    if (reply.status === 201) return (JSON.parse(reply.text) as { Id: string }).Id;
    if (reply.status === 409) {
      name = `${plan.name}-${randomBytes(3).toString('hex')}`;
      attempt++;
    } else if (reply.status === 404 && plan.tar !== undefined && !isRestored) {
      isRestored = true;
      await restore(plan, plan.tar);
    } else throw new Error(`the container could not be created: ${messageOf(reply)}`);
  }
  throw new Error(`the container could not be created: the name ${plan.name} is taken, and others like it`);
}

async function create(plan: AttachPlan, name: string, spec: ContainerSpec): Promise<Reply> {
  const end = performance.now() + plan.engineMs;
  for (;;) {
    try {
      return await ask(plan.engine, 'POST', `/containers/create?name=${encodeURIComponent(name)}`, spec);
    } catch (error) {
      if (performance.now() > end)
        throw new Error(`the Docker Engine does not answer: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
      await sleep(RETRY_MS);
    }
  }
}

async function restore({ engine }: AttachPlan, { file, sha256 }: NonNullable<AttachPlan['tar']>): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  if (hash.digest('hex') !== sha256) throw new Error('its image is gone, and the tar that was kept of it is damaged');
  const reply = await send(engine, '/images/load?quiet=1', file);
  if (reply.status !== 200 || reply.text.includes('"error"'))
    throw new Error(`its image could not be loaded: ${messageOf(reply)}`);
}
