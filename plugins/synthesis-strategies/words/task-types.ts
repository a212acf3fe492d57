/** Kinds of task: words of a request that speak for one, and words in names of tools that had an effect. First in the list wins a tie. */
export interface Kind {
  readonly name: string;
  /** Words and phrases in English, stemmed when they are read. */
  readonly words: string;
  readonly chinese?: string;
  /** Words in names of tools. */
  readonly tools?: string;
  /** Of a kind that says little: counts for less than 1. */
  readonly weight?: number;
  /** A task of this kind changes something: in one message of a run that changed nothing, its words mean something else. */
  readonly changes?: boolean;
}

export const TASK_TYPES: readonly Kind[] = [
  {
    name: 'ctf challenge',
    words:
      'ctf, capture the flag, ctf challenge, flag, decrypt, reverse engineering, binary exploitation, forensics, cryptography problem',
    chinese: '夺旗',
  },
  {
    name: 'bug fix',
    words:
      'bug, bug fix, fix this issue, fix the issue, traceback, exception, syntaxerror, typeerror, debug, crash, wrong output, stack trace, failing test, error message, test fails',
    chinese: '修复, 报错, 调试, 异常, 缺陷, 故障',
    tools: 'patch, debug',
  },
  {
    name: 'cancellation',
    words: 'cancel, cancellation, call off, unsubscribe, terminate',
    chinese: '取消, 退订, 退票',
    tools: 'cancel, unsubscribe, terminate',
    changes: true,
  },
  {
    name: 'return',
    words:
      'return an item, return the item, return my order, return it, send back, exchange the item, exchange it, exchange my order',
    chinese: '退货, 换货',
    tools: 'return, exchange',
  },
  {
    name: 'compensation',
    words: 'compensation, compensate, refund, reimburse, complaint, complain, claim',
    chinese: '赔偿, 补偿, 退款, 投诉, 索赔',
    tools: 'certificate, refund, compensate, voucher',
  },
  {
    name: 'troubleshooting',
    words:
      'not working, no mobile data, cannot connect, does not work, stopped working, no internet, troubleshoot, keeps failing, no service, no signal, not turn on',
    chinese: '无法连接, 连不上, 不能用, 没有网络, 没有信号, 排查',
    tools: 'enable, reset, reboot, toggle, restart, diagnose',
    changes: true,
  },
  {
    name: 'booking',
    words: 'book, reserve, make a reservation, buy a ticket',
    chinese: '预订, 预定, 订票, 订机票, 订酒店, 预约, 买票, 购票',
    tools: 'book, reserve, checkin',
    changes: true,
  },
  {
    name: 'modification',
    words: 'change, modify, upgrade, downgrade, reschedule, rebook, correct, update, switch, add, remove, amend, move',
    chinese: '修改, 更改, 改签, 更新, 升级, 调整, 变更',
    tools: 'update, modify, amend, reschedule, change, upgrade, exchange',
    changes: true,
  },
  {
    name: 'purchase',
    words: 'place an order, order some, purchase, checkout, add to cart',
    chinese: '下单, 购买',
    tools: 'purchase, buy, checkout, cart',
  },
  {
    name: 'account management',
    words: 'password, account, log in, sign up, register, profile, permission, access right',
    chinese: '账号, 账户, 密码, 注册, 登录',
    tools: 'account, password, permission, register',
  },
  {
    name: 'communication',
    words: 'send an email, send a message, reply, email, notify, message, invite',
    chinese: '发送邮件, 发邮件, 发消息, 回复, 通知, 邀请',
    tools: 'send, email, mail, message, reply, notify, slack',
  },
  {
    name: 'scheduling',
    words: 'schedule, schedule a meeting, set up a meeting, calendar, appointment, remind, reminder',
    chinese: '日程, 会议, 提醒, 日历',
    tools: 'calendar, event, remind, schedule, meeting',
  },
  { name: 'translation', words: 'translate, translation', chinese: '翻译', tools: 'translate' },
  {
    name: 'conversion',
    words: 'convert, merge, transform, export, compress, rename',
    chinese: '转换, 合并, 导出, 压缩',
    tools: 'convert, merge, merger, compress',
  },
  {
    name: 'data analysis',
    words:
      'plot, chart, visualize, bar chart, pie chart, statistics, sales data, dataset, correlation, trend of, csv, spreadsheet, excel',
    chinese: '图表, 可视化, 统计, 数据分析, 绘制, 柱状图, 饼图, 折线图',
    tools: 'chart, plot, sheet, excel, dataframe',
  },
  {
    name: 'image creation',
    words: 'draw, paint, sketch, illustrate, render an image, logo, poster',
    chinese: '画, 绘画, 海报',
    tools: 'draw, drawing, paint, canvas, image',
  },
  {
    name: 'coding',
    words:
      'implement, write a function, write a script, write code, program, refactor, middleware, unit test, endpoint, component, class, algorithm, compile, web page, website',
    chinese: '编写代码, 写代码, 实现, 脚本, 编程, 函数, 重构, 网页',
  },
  {
    name: 'deployment',
    words: 'deploy, install, configure, set up, restart, provision, migrate, server, docker, kubernetes',
    chinese: '部署, 安装, 配置, 重启, 迁移',
    tools: 'deploy, install, provision, restart',
  },
  {
    name: 'document creation',
    words:
      'report, document, ppt, presentation, slide, markdown, word document, tutorial, article, summary document, write a, draft, essay, letter',
    chinese: '报告, 文档, 演示文稿, 幻灯片, 教程, 文章, 撰写',
    tools: 'presentation, slide, document, paragraph, heading, note',
  },
  {
    name: 'planning',
    words: 'plan, itinerary, arrange, tour, schedule a trip, meal plan, day trip, timetable',
    chinese: '规划, 计划, 行程, 安排, 攻略',
  },
  {
    name: 'recommendation',
    words: 'recommend, suggest, recommendation, advice, what should, which is best, worth buying, improve',
    chinese: '推荐, 建议, 哪个好',
    tools: 'recommend, suggest',
  },
  {
    name: 'research',
    words:
      'research, paper, investigate, survey, literature, analyze, analysis, compare, comparison, comprehensive, study, reconnaissance',
    chinese: '研究, 调研, 论文, 分析, 比较, 对比, 调查',
    tools: 'paper, arxiv, article, pubmed',
  },
  {
    name: 'calculation',
    words: 'calculate, compute, estimate, how much is, convert currency, balance',
    chinese: '计算, 估算, 多少钱',
    tools: 'calculate, calculator',
  },
  {
    name: 'file management',
    words: 'file, folder, directory, download, copy, delete, line',
    chinese: '文件, 文件夹, 目录, 下载',
    tools: 'move, copy',
    weight: 0.6,
  },
  {
    name: 'information lookup',
    words:
      'find, search, show, tell me, what is, what are, look up, check, get, read, list, price, latest, today, who, when, where, status, help me know',
    chinese: '查询, 查一下, 查找, 搜索, 查看, 是什么, 多少, 告诉我, 最新, 今天',
    tools: 'search, find, fetch, get, query',
    weight: 0.4,
  },
];

/** What is said of a task that none of them fits. */
export const OTHER_TASK = 'general';

/** How the success of some kinds is seen, beyond what was done with tools. */
export const CRITERIA_OF: Readonly<Record<string, { readonly en: readonly string[]; readonly zh: readonly string[] }>> =
  {
    'bug fix': {
      en: [
        'A run of code that reproduces the described behaviour shows that it no longer occurs',
        'No test that passed before fails',
      ],
      zh: ['运行可复现该问题的代码，确认问题不再出现', '原先通过的测试没有失败'],
    },
    'ctf challenge': {
      en: [
        'The flag was found by working on the challenge itself, and is handed in exactly in the format that the challenge uses',
      ],
      zh: ['通过解题本身得到 flag，并按题目要求的格式提交'],
    },
    coding: {
      en: ['The code runs without errors and does what the task asks for'],
      zh: ['代码可以无错误运行，并实现任务要求的功能'],
    },
  };
