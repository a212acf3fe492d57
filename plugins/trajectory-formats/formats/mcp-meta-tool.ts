import type { Format, RunDraft } from '../format.ts';
import { callToolResult } from './mcp-meta-tool/call-tool-result.ts';
import { isExecution, metaCall } from './mcp-meta-tool/meta-call.ts';
import { chatMessages, isChat } from './reading/chat-messages.ts';
import { chatRun } from './reading/chat-run.ts';
import { isObject, listOf, objectOf, textOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { verdictOf } from './reading/record-outcome.ts';

/**
 * Chats in which tools of many MCP servers are called by way of one meta tool (LiveMCPBench): the tool that did the work is in
 * the arguments. The benchmark's annotations go into `reference`.
 */
export const mcpMetaTool: Format = {
  name: 'mcp-meta-tool',
  recognises(value) {
    const messages = Array.isArray(value) ? value : objectOf(value).messages;
    if (!isChat(messages)) return false;
    return (isObject(value) && 'Annotator Metadata' in value) || messages.some(executes);
  },
  read(value, origin): RunDraft {
    const record = objectOf(value);
    const list = Array.isArray(value) ? value : listOf(record.messages);
    const messages = chatMessages(list, { call: metaCall, result: callToolResult });
    const run = chatRun(record, messages, origin);
    const { Question, response, task_success, answers, category, file_name } = record;
    const success = verdictOf(task_success);
    const annotator = record['Annotator Metadata'];
    const reference = present({
      annotator: isObject(annotator) ? annotator : undefined,
      answers: textOf(answers),
      category: textOf(category),
      fileName: textOf(file_name),
    });
    return present({
      ...run,
      request: textOf(Question) ?? run.request,
      outcome: present({
        ...run.outcome,
        ...(success !== undefined && { success, evidence: 'task_success' }),
        answer: textOf(response),
      }),
      reference: Object.keys(reference).length > 0 ? reference : undefined,
    });
  },
};

const executes = (message: unknown): boolean =>
  listOf(objectOf(message).tool_calls).some((call) => {
    const { name, arguments: args } = objectOf(objectOf(call).function);
    return typeof name === 'string' && isExecution(name, args);
  });
