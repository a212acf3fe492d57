import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { SYNTHESIS_REPORT, type SynthesisReport } from '#plugins/synthesizer/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';

/** The plugin, and a folder of its own, for the tests of a file. */
export function openReport(options: object = {}): { readonly at: { report: SynthesisReport; dir: string } } {
  const at = {} as { report: SynthesisReport; dir: string };
  let kernel: BootedKernel | undefined;
  beforeAll(async () => {
    at.dir = mkdtempSync(path.join(tmpdir(), 'synthesis-report-'));
    kernel = await bootKernel({ plugins: { 'trajectory-formats': {}, 'synthesis-report': options } });
    at.report = kernel.get(SYNTHESIS_REPORT);
  });
  afterAll(async () => {
    await kernel?.stop();
    rmSync(at.dir, { recursive: true, force: true });
  });
  return { at };
}
