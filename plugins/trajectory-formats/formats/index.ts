import type { Format, SessionFormat } from '../format.ts';
import { atif } from './atif.ts';
import { claudeCode } from './claude-code.ts';
import { codex, codexRollout } from './codex.ts';
import { gemini } from './gemini.ts';
import { geminiSession, geminiSessionLines } from './gemini-cli.ts';
import { mcpMetaTool } from './mcp-meta-tool.ts';
import { miniSweAgent } from './mini-swe-agent.ts';
import { native } from './native.ts';
import { openaiMessages } from './openai-messages.ts';
import { openaiResponses } from './openai-responses.ts';
import { openhands, openhandsEvents } from './openhands.ts';
import { langsmith, otlp } from './otlp.ts';
import { qwenCode } from './qwen-code.ts';
import { shareGpt } from './sharegpt.ts';
import { sweAgent } from './swe-agent.ts';
import { tauBench } from './tau-bench.ts';
import { toolbench } from './toolbench.ts';

/** The most telling first: what a record is read as is the first that recognises it. */
export const FORMATS: readonly Format[] = [
  native,
  atif,
  tauBench,
  sweAgent,
  openhands,
  codexRollout,
  toolbench,
  miniSweAgent,
  mcpMetaTool,
  shareGpt,
  openaiResponses,
  openaiMessages,
  gemini,
  geminiSession,
];

/** Formats whose run is spread over a file's lines, the most telling first. */
export const SESSION_FORMATS: readonly SessionFormat[] = [
  qwenCode,
  claudeCode,
  codex,
  geminiSessionLines,
  openhandsEvents,
  otlp,
  langsmith,
];
