import { createHash } from 'node:crypto';
import { fault } from '#kernel';
import type { CapabilityNeed } from './api.ts';

/** Blank needs would match anything. */
export function checkNeed(need: CapabilityNeed): void {
  if (need.task.trim() === '' && need.requiredCapabilities.every((each) => each.trim() === ''))
    throw fault('CAPABILITY_REQUEST_INVALID', 'neither a task nor a capability is told', {
      kind: 'invalid',
      hint: 'say in task_description what is to be done, or in required_capabilities what is missing',
    });
}

/** Equal needs share one job: case, width, spaces and the order of capabilities make no difference. */
export function needKey({ task, requiredCapabilities, autoInstall, level }: CapabilityNeed): string {
  const capabilities = [...new Set(requiredCapabilities.map(plain))].sort();
  return createHash('sha256')
    .update(JSON.stringify([plain(task), capabilities, autoInstall ?? true, level ?? null]))
    .digest('hex');
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
