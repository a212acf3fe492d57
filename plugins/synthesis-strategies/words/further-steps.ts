/** What may follow from a task: made of the task's own kind and tools, for evolving it without a model. */
export interface FurtherStep {
  /** Of these kinds of task; empty: of any. */
  readonly kinds: readonly string[];
  /** `effect`: the task changes something. `answer`: it finds something out. `file`: it makes a file. */
  readonly when: 'effect' | 'answer' | 'file';
  /** Needs a tool that looks, besides those that change. */
  readonly needsLookup: boolean;
  readonly steps: number;
  readonly en: { readonly ask: string; readonly criterion: string };
  readonly zh: { readonly ask: string; readonly criterion: string };
}

export const FURTHER_STEPS: readonly FurtherStep[] = [
  {
    kinds: ['bug fix', 'coding'],
    when: 'effect',
    needsLookup: false,
    steps: 3,
    en: {
      ask: 'Add a regression test that fails without the change and passes with it, and search the code for another place with the same fault; mend it too, or say that there is none.',
      criterion:
        'A new test fails on the old code and passes on the new one, and the search for the same fault elsewhere is shown',
    },
    zh: {
      ask: '另外补充一个回归测试，使其在修改前失败、修改后通过；并在代码中查找是否还有同样的问题，有则一并修复，没有则说明。',
      criterion: '新测试在旧代码上失败、在新代码上通过，并展示了对同类问题的查找',
    },
  },
  {
    kinds: ['ctf challenge'],
    when: 'effect',
    needsLookup: false,
    steps: 2,
    en: {
      ask: 'Also write a script that obtains the flag from the given files or service alone, run it once from a clean state, and explain in three sentences which weakness it uses.',
      criterion: 'A script, run from a clean state, prints the flag, and the weakness is named rightly',
    },
    zh: {
      ask: '另外编写脚本，仅凭题目文件或服务即可得到 flag，从干净状态运行一次，并用三句话说明利用的弱点。',
      criterion: '脚本从干净状态运行可输出 flag，且正确说明了弱点',
    },
  },
  {
    kinds: ['data analysis', 'image creation', 'calculation'],
    when: 'file',
    needsLookup: false,
    steps: 2,
    en: {
      ask: 'Also save the values that it shows as a CSV file beside it, and say in the answer which of them is the highest, which the lowest, and by how much they differ.',
      criterion:
        'A CSV file with the values lies beside the result, and the stated highest and lowest values agree with it',
    },
    zh: {
      ask: '另外将其中的数值以 CSV 文件保存在同一目录，并在回答中说明最高值、最低值及两者之差。',
      criterion: '同一目录下有包含数值的 CSV 文件，回答中的最高值和最低值与之一致',
    },
  },
  {
    kinds: ['conversion', 'file management'],
    when: 'file',
    needsLookup: false,
    steps: 1,
    en: {
      ask: 'Then open the result, compare it with its source (number of pages, entries or lines), and report what is missing or different.',
      criterion: 'The result was opened after it was made, and the answer compares it with the source by numbers',
    },
    zh: {
      ask: '然后打开结果文件，与来源比较（页数、条目数或行数），并报告缺失或不同之处。',
      criterion: '结果生成后被打开，回答用数字与来源进行了比较',
    },
  },
  {
    kinds: [],
    when: 'file',
    needsLookup: true,
    steps: 2,
    en: {
      ask: 'When the file is there, read it back, check each statement in it against its source, correct what does not agree, and add a last section that lists the sources and what you corrected.',
      criterion:
        'The file was read back after it was written, and ends with a section that lists sources and corrections',
    },
    zh: {
      ask: '文件完成后重新读取，将其中的每个说法与来源核对，修正不一致之处，并在末尾增加一节列出来源和修正内容。',
      criterion: '文件写好后被重新读取，末尾有列出来源和修正内容的一节',
    },
  },
  {
    kinds: [
      'booking',
      'cancellation',
      'modification',
      'return',
      'compensation',
      'purchase',
      'account management',
      'scheduling',
      'troubleshooting',
    ],
    when: 'effect',
    needsLookup: true,
    steps: 1,
    en: {
      ask: 'Before you change anything, note how things stand; afterwards look at them again, and report what was different before and after, and anything that should have changed and did not.',
      criterion:
        'The state was looked up before the first change and after the last one, and the answer states the differences',
    },
    zh: {
      ask: '修改之前先记录当前状态；完成后再次查询，并报告前后差异，以及本应改变却没有改变的内容。',
      criterion: '在首次修改前和最后一次修改后都查询了状态，回答说明了差异',
    },
  },
  {
    kinds: ['recommendation', 'planning'],
    when: 'answer',
    needsLookup: false,
    steps: 2,
    en: {
      ask: 'Then take the two best results, look up for each what speaks against it, and say which one you would choose in case the first is not available.',
      criterion:
        'The answer compares two results by facts that were looked up, and names a second choice with a reason',
    },
    zh: {
      ask: '然后对最好的两个结果分别查询其不利之处，并说明若首选不可用时你会选哪一个。',
      criterion: '回答依据查询到的事实比较两个结果，并给出第二选择及理由',
    },
  },
  {
    kinds: [],
    when: 'answer',
    needsLookup: false,
    steps: 2,
    en: {
      ask: 'Then confirm the most important statement of your answer by a second, independent look-up (another query or source); if the two disagree, say so and explain which one you trust.',
      criterion:
        'The central statement was confirmed by a second look-up with another query or source, and a disagreement is reported',
    },
    zh: {
      ask: '然后用另一次独立的查询（不同的检索词或来源）核实答案中最重要的结论；若两者不一致，请说明并解释采信哪一个。',
      criterion: '核心结论经由不同检索词或来源的第二次查询核实，并报告了不一致之处',
    },
  },
  {
    kinds: [],
    when: 'effect',
    needsLookup: false,
    steps: 1,
    en: {
      ask: 'Afterwards prove that it worked by looking at the result itself, and summarise what was done in the order in which it was done.',
      criterion: 'The result was looked at after the last change, and the summary agrees with the steps',
    },
    zh: {
      ask: '完成后查看结果本身以证明有效，并按顺序总结所做的工作。',
      criterion: '最后一次修改后查看了结果，总结与步骤一致',
    },
  },
];
