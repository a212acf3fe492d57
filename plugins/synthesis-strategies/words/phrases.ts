/** The few words that code adds to a task, in the user's language. */
export interface Phrases {
  readonly details: string;
  readonly file: (path: string) => string;
  readonly done: (tool: string, values: string) => string;
  readonly handedOver: (tool: string) => string;
  readonly noChange: string;
  readonly answered: (goal: string) => string;
  readonly everyPoint: string;
  readonly grounded: (tools: string) => string;
  readonly conditions: string;
  readonly both: (tasks: readonly string[]) => string;
  readonly eachDone: (index: number, criterion: string) => string;
  readonly keepsBoth: string;
}

const ENGLISH: Phrases = {
  details: 'Details:',
  file: (path) => `The file ${path} exists and holds what the task asks for`,
  done: (tool, values) =>
    `\`${tool}\` was carried out without an error${values === '' ? ', for what the task names' : ` with ${values}`}`,
  handedOver: (tool) => `What could not be done was handed over to a person (\`${tool}\`)`,
  noChange: 'Nothing was changed that the task does not ask for',
  answered: (goal) => `${/\?$/.test(goal) ? 'Answered' : 'Done'}: ${goal}`,
  everyPoint: 'The final answer covers every point of the task',
  grounded: (tools) => `What is stated comes from results of ${tools}, not from memory`,
  conditions: 'All constraints are kept',
  both: (tasks) =>
    `Do all of the following, and report on each.\n\n${tasks.map((task, index) => `${index + 1}. ${task.replace(/\n/g, '\n   ')}`).join('\n\n')}`,
  eachDone: (index, criterion) => `Part ${index}: ${criterion}`,
  keepsBoth: 'Each part is reported on separately',
};

const CHINESE: Phrases = {
  details: '要求与信息：',
  file: (path) => `文件 ${path} 已存在，内容符合任务要求`,
  done: (tool, values) => `\`${tool}\` 已成功执行${values === '' ? '，对象为任务中指定的内容' : `，参数为 ${values}`}`,
  handedOver: (tool) => `无法完成的部分已转交人工处理（\`${tool}\`）`,
  noChange: '没有改动任务未要求的内容',
  answered: (goal) => `${/[?？吗]$/.test(goal) ? '已回答' : '已完成'}：${goal}`,
  everyPoint: '最终回答覆盖任务的每一点',
  grounded: (tools) => `结论来自 ${tools} 的结果，而非凭记忆`,
  conditions: '满足全部约束条件',
  both: (tasks) =>
    `请完成以下全部任务，并分别说明结果。\n\n${tasks.map((task, index) => `${index + 1}. ${task.replace(/\n/g, '\n   ')}`).join('\n\n')}`,
  eachDone: (index, criterion) => `第 ${index} 部分：${criterion}`,
  keepsBoth: '每一部分的结果分别说明',
};

export const phrases = (chinese: boolean): Phrases => (chinese ? CHINESE : ENGLISH);
