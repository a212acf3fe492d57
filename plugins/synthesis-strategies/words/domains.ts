import type { Kind } from './task-types.ts';

/** Fields of life that tasks come from. First in the list wins a tie. */
export const DOMAINS: readonly Kind[] = [
  {
    name: 'cybersecurity',
    words:
      'ctf, exploit, vulnerability, cryptography, forensics, malware, binary exploitation, decrypt, penetration test, pwn, pcap',
    chinese: '漏洞, 渗透, 夺旗, 安全测试',
    tools: 'nmap, exploit',
  },
  {
    name: 'airline',
    words:
      'flight, airline, airport, boarding, cabin, baggage, nonstop, layover, passenger, economy class, business class',
    chinese: '航班, 机票, 航空, 飞机, 登机, 行李托运',
    tools: 'flight, flights, airline, baggage, baggages, airport',
  },
  {
    name: 'rail travel',
    words: 'train, railway, high-speed train, by rail',
    chinese: '火车, 高铁, 动车, 铁路',
    tools: 'train, railway, station, 12306',
  },
  {
    name: 'lodging',
    words: 'hotel, homestay, airbnb, apartment, accommodation, check-in, room',
    chinese: '酒店, 民宿, 住宿, 宾馆',
    tools: 'hotel, airbnb, lodging',
  },
  {
    name: 'telecom',
    words: 'sim card, mobile data, data plan, roaming, phone plan, carrier, mobile network, airplane mode',
    chinese: '话费, 流量, 套餐, 手机号, 宽带',
    tools: 'sim, roaming, apn, cellular',
  },
  {
    name: 'banking',
    words: 'bank, savings account, loan, mortgage, credit limit, wire transfer, account balance, transaction',
    chinese: '银行, 贷款, 转账, 存款, 信用卡额度',
    tools: 'bank, loan, transaction',
  },
  {
    name: 'finance',
    words:
      'stock, invest, investment, market capitalization, bitcoin, crypto, gold, silver, exchange rate, fund, shares, dividend, fear and greed, fear & greed, income, expense, financial',
    chinese: '股票, 投资, 基金, 汇率, 加密货币, 比特币, 黄金, 理财, 股价',
    tools: 'stock, ticker, price, finance, crypto, asset, exchange, yfinance',
  },
  {
    name: 'weather',
    words: 'weather, forecast, temperature, rain',
    chinese: '天气, 气温, 降雨',
    tools: 'weather, forecast',
  },
  {
    name: 'travel',
    words: 'trip, travel, tour, itinerary, sightseeing, parking, directions, how to get there, visit, destination',
    chinese: '旅行, 旅游, 出行, 景点, 停车, 路线',
    tools: 'osm, map, maps, geocode, route, directions, places, parking',
  },
  {
    name: 'food',
    words: 'recipe, dish, meal, cook, ingredient, restaurant, dinner, lunch, eat, food',
    chinese: '菜谱, 做菜, 餐厅, 食材, 吃饭, 晚餐, 午餐, 美食',
    tools: 'recipe, recipes, howtocook, meal, meals, restaurant',
  },
  {
    name: 'health',
    words: 'clinical trial, patient, disease, medicine, drug, symptom, doctor, hospital, cancer, gene, fitness',
    chinese: '临床, 患者, 疾病, 药物, 症状, 医生, 医院, 健康',
    tools: 'trial, pubmed, biomcp, drug, patient, variant',
  },
  {
    name: 'retail',
    words:
      'order, delivery, shipment, item, product, amazon, cart, buy, shopping, purchase, goods, store, gpu, monitor, best selling, coupon',
    chinese: '订单, 商品, 购物, 快递, 淘宝, 京东, 购买, 优惠',
    tools: 'order, orders, product, products, cart, item, items',
  },
  {
    name: 'science',
    words:
      'paper, arxiv, research paper, literature, experiment, physics, chemistry, biology, dataset, academic, scientific',
    chinese: '论文, 学术, 科研, 文献, 实验',
    tools: 'arxiv, paper, papers, scholar',
  },
  {
    name: 'software engineering',
    words:
      'code, repository, repo, bug, function, class, api, npm, maven, library, libs, middleware, git, github, compile, test suite, pull request, pr, python, typescript, javascript, java, react, framework, package, dependency, exception, syntaxerror, traceback, module, docker, jwt',
    chinese: '代码, 仓库, 函数, 接口, 程序, 编程, 前端, 后端, 依赖, 框架',
    tools: 'git, github, npm, maven, pip, pytest, edit, code, lint, repo, repository, deepwiki',
  },
  {
    name: 'web',
    words: 'website, web page, html, sitemap, domain name, whois, url, seo, dns, browser',
    chinese: '网站, 网页, 域名',
    tools: 'sitemap, whois, dns, browser',
  },
  {
    name: 'games',
    words:
      'game, gaming, player, esports, dps, ranked, card effect, atk, def, npc, quest, level up, main echo, raffle, build a team',
    chinese: '游戏, 玩家, 卡组, 电竞',
    tools: 'game, leaderboard, valorant, card, cards, opgg',
  },
  {
    name: 'entertainment',
    words:
      'movie, film, music, song, tv, series, anime, trending topic, douban, celebrity, draw, canvas, painting, concert',
    chinese: '电影, 音乐, 歌曲, 电视剧, 动漫, 热搜, 娱乐, 演唱会',
    tools: 'movie, music, painter, drawing, canvas',
  },
  {
    name: 'marketing',
    words: 'marketing, brand, campaign, advertising, advertisement, social media',
    chinese: '营销, 品牌, 广告',
    tools: 'campaign',
  },
  {
    name: 'news',
    words: 'news, headline, bbc, trending, trendings, hacker news',
    chinese: '新闻, 头条, 热榜',
    tools: 'news, hackernews',
  },
  {
    name: 'history and culture',
    words: 'history, historian, empire, wikipedia, almanac, culture, ancient, wedding date, encyclopedia',
    chinese: '历史, 文化, 黄历, 百科, 农历',
    tools: 'wikipedia, bazi, calendar',
  },
  {
    name: 'education',
    words: 'course, student, teacher, exam, homework, lesson, school, university',
    chinese: '课程, 学生, 老师, 考试, 作业, 学校',
    tools: 'course, student',
  },
  {
    name: 'human resources',
    words: 'employee, payroll, leave request, recruit, candidate, resume, onboarding',
    chinese: '员工, 工资, 请假, 招聘, 简历',
    tools: 'employee, payroll',
  },
  {
    name: 'real estate',
    words: 'house for sale, rent an apartment, real estate, landlord, tenant, property listing',
    chinese: '房产, 租房, 房东, 楼盘',
    tools: 'property, listing',
  },
  {
    name: 'data',
    words: 'csv, spreadsheet, excel, dataset, sales data, table, database, sql, query, xlsx, chart',
    chinese: '数据, 表格, 数据库, 报表',
    tools: 'excel, sheet, sql, database, csv, datagov, chart',
    weight: 0.6,
  },
  {
    name: 'office documents',
    words: 'word document, docx, ppt, pptx, presentation, slide, pdf, apa, document, bib, cv',
    chinese: '文档, 演示文稿, 幻灯片, 简历',
    tools: 'word, ppt, okppt, pdf, document, presentation',
    weight: 0.4,
  },
  {
    name: 'email and chat',
    words: 'send an email, inbox, mailbox, slack, chat, newsletter',
    chinese: '邮件, 邮箱, 消息, 群聊',
    tools: 'mail, email, slack, message',
  },
  {
    name: 'files',
    words: 'file, folder, directory, txt, line',
    chinese: '文件, 目录, 文件夹',
    tools: 'filesystem, file, directory',
    weight: 0.3,
  },
  {
    name: 'customer service',
    words: 'customer, representative, agent policy, support, complaint',
    chinese: '客服, 投诉, 售后',
    tools: 'customer',
  },
];

export const OTHER_DOMAIN = 'general';
