#!/usr/bin/env node
// The board of figures and the tables made from cases, in a real browser: every number opens a list
// that adds up to it, tables have the headings of their requirements, in Chinese and English.
//
// usage: board_peer.cjs PROGRAM FOLDER [PICTURES]       PICTURES is where screenshots go
"use strict";
const { Person, expect, walked } = require("./console_world.cjs");

const HEADINGS = {
  report_register: "报案时间 报案人姓名 联系方式 事故地点 事故情况 是否已传递信息",
  arrivals: "报案时间 事故地点 要求到达时间 实际到达时间 是否按时到达 原因分析",
  timeliness: "服务环节 规定时间 实际时间 是否超时 超时原因",
  reviews: "查勘人员 事故地点 受损房屋情况 定损金额 审核意见",
  archive: "资料名称 归档时间 保管方式 查询方式",
  record_corrections: "问题记录 修正内容 修正责任人",
  data_corrections: "问题数据 修正后数据 修正责任人",
  statistics: "数据指标 统计时间段 数据值 分析结论 改进措施",
  coverage_analysis: "地区 预期参保户数 实际参保户数 参保比例 未参保原因分析 解决措施",
  claims: "理赔案件数量 理赔总金额 平均理赔金额 理赔时间分布",
  satisfaction: "满意度得分 评价等级 与预期目标差距",
  evaluation: "评价指标 满意比例 不满意原因 改进措施",
  figures: "指标 合同 分子 分母 数值 目标 是否达标",
  business: "合同 保单数量 保费收入 报案件数 赔付件数 赔付金额 赔付率",
  analysis: "分析维度 分析内容 分析目的 件数 已赔付金额",
  areas: "地区 出险原因 报案件数 占全部报案比例 应付金额 已付金额",
  vehicles: "车牌号 出险次数 最早报案时间 最近报案时间 应付金额 已付金额",
  report_times: "星期 时段 报案件数 占比",
  arrival_statistics: "地区 查勘人员 到达件数 有到达时限且已到期或已到达件数 按时到达件数 按时到达率",
  compliance: "案号 报案登记表格 查勘定损报告 理赔审核记录 赔款支付凭证 是否齐全",
  completeness: "案号 报案记录 查勘记录 理赔记录 回访记录 是否完整",
};

/** Tables whose pictures are kept; all are looked at. */
const SHOWN = ["report_register", "arrivals", "timeliness", "reviews", "data_corrections", "evaluation", "vehicles", "compliance"];

function day(offset = 0) {
  return new Date(Date.now() + offset * 86_400_000 + 8 * 3_600_000).toISOString().slice(0, 10);
}

/** Adds a row to a register; fails if it is refused. */
async function add(who, register, values) {
  await who.open(`/table/${register}/new`);
  for (const [name, value] of Object.entries(values)) {
    const field = who.page.locator(`[name="${name === "case" ? "case" : `v.${name}`}"]`).first();
    const tag = await field.evaluate((one) => one.tagName);
    if (tag === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  await Promise.all([who.page.waitForNavigation(), who.page.locator("main form button.primary").first().click()]);
  const banner = who.page.locator(".refused");
  const refusal = (await banner.count()) ? await banner.first().innerText() : "";
  expect(!refusal, `a row of ${register} is kept ${refusal}`);
}

/** What people add, so that tables have it beside what the cases say. */
async function kept(person) {
  const finance = await person("reviewer");
  const paid = await finance.queue("closing");
  const late = await finance.queue("clocks");
  await finance.leave();
  const who = await person("reviewer");
  for (const [turn, number] of paid.slice(0, 6).entries()) {
    const rating = ["satisfied", "satisfied", "fairly", "dissatisfied"][turn % 4];
    await add(who, "claim_callbacks", {
      case: number, customer: "示例客户", phone: "13900001234", paid: "1200.00", satisfaction: rating,
      attitude: rating, asked: `${day()}T09:30`, channel: "phone", advice: "希望赔款再快些",
    });
  }
  await add(who, "late_causes", { case: late[0], step: "arrival", cause: "桥断绕行四十公里", measure: "与邻村共用查勘员" });
  await who.leave();
  const reviewer = await person("reviewer");
  await add(reviewer, "coverage", { village: "示例县青石村", from: day(), expected: "120", insured: "103", reasons: "外出务工未联系上", measure: "春节返乡时上门" });
  await add(reviewer, "statistic_notes", { indicator: "reports", from: day(), conclusion: "冰雹集中在三个村", measure: "预置查勘员" });
  await add(reviewer, "satisfaction_measures", { dimension: "attitude", from: day(), reasons: "电话难打通", measure: "增设接线席位" });
  await add(reviewer, "contract_years", { contract: "shaoguan-official-vehicles", from: day(), policies: "860", premium: "2580000" });
  await reviewer.leave();
  return late[0];
}

/** Every number on the page that is open: what it says, and where it leads. */
function numbers(who) {
  return who.page.$$eval("table.kpi a[data-count]", (links) => links.map((link) => [link.getAttribute("href"), Number(link.dataset.count)]));
}

/** Adds up a list, page by page. */
async function added(who, href) {
  let [sum, rows] = [0, 0];
  let said = null;
  for (let next = href; next;) {
    await who.page.goto(new URL(next, who.event.hub).href);
    if (said === null) said = Number(await who.page.getAttribute("#sum", "data-count"));
    const parts = await who.page.$$eval("tbody td[data-count]", (cells) => cells.map((cell) => Number(cell.dataset.count)));
    sum += parts.reduce((all, one) => all + one, 0);
    rows += parts.length;
    next = (await who.page.locator("#more").count()) ? await who.page.getAttribute("#more", "href") : null;
  }
  return { sum, said, rows };
}

async function board(person) {
  const who = await person("reviewer");
  await who.see("/kpi", "kpi");
  expect((await who.page.locator("table.kpi").first().locator("tbody tr").count()) === 12, "twelve figures are on the board");
  const all = await numbers(who);
  let rows = 0;
  for (const [href, count] of all) {
    const list = await added(who, href);
    rows += list.rows;
    if (list.sum !== count || list.said !== count) expect(false, `${href} adds up to ${count}: ${JSON.stringify(list)}`);
  }
  expect(all.length > 60 && rows > 200, `${all.length} numbers each open a list that adds up to them, ${rows} rows`);
  await who.open("/kpi");
  await who.page.locator("a[href*='/kpi/arrival/denominator']").first().click();
  await who.look("kpi-cases");
  await who.page.locator("td.id a").first().click();
  expect(who.page.url().includes("/console/case/"), "a row of the list leads to its case");
  await who.page.goto(`${who.event.hub}/console/kpi?contract=huzhu-rural-housing`);
  await who.look("kpi-contract");
  await who.page.click("button[value=en]");
  await who.see("/kpi", "kpi-en");
  expect((await who.page.innerText("h1")) === "Performance figures", "the same board in English");
  await who.see("/kpi/arrival/denominator", "kpi-cases-en");
  for (const name of ["timeliness", "areas"]) await who.see(`/table/${name}`, `table-${name}-en`);
  await who.page.click("button[value=zh]");
  await who.leave();
}

async function tables(person, late) {
  const who = await person("reviewer");
  await who.see("/tables");
  for (const [name, headings] of Object.entries(HEADINGS)) {
    await who.see(`/table/${name}`, SHOWN.includes(name) ? `table-${name.replaceAll("_", "-")}` : undefined);
    const shown = await who.page.$$eval("main table thead th", (all) => all.map((one) => one.textContent.trim()));
    const wanted = headings.split(" ");
    expect(wanted.every((one) => shown.includes(one)), `${name}: ${headings}`);
    if (name !== "record_corrections") expect((await who.page.locator("main tbody tr").count()) > 0, `${name} has rows`);
  }
  const has = async (name, text) => {
    await who.open(`/table/${name}`);
    expect((await who.page.innerText("main")).includes(text), `${name} says ${text}`);
  };
  await has("evaluation", "电话难打通");
  await has("coverage_analysis", "外出务工未联系上");
  await has("statistics", "冰雹集中在三个村");
  await who.open(`/table/arrivals?case=${late}`);
  expect((await who.page.innerText("main")).includes("桥断绕行"), "the cause of a delay stands beside it");
  await who.leave();
}

/** Whoever sees two villages gets the figures of two villages. */
async function region(person) {
  const all = await person("reviewer");
  await all.open("/kpi");
  const whole = new Map(await numbers(all));
  await all.leave();
  const who = await person("regional_manager");
  await who.open("/kpi");
  const own = await numbers(who);
  const [href, count] = own.find(([one]) => one.includes("/surveyed/denominator"));
  expect(count > 0 && count < whole.get(href), `${count} of ${whole.get(href)} reports are of the manager's villages`);
  expect((await added(who, href)).sum === count, "and so is the list behind them");
  await who.leave();
}

walked(async (browser, event) => {
  const account = (role) => event.accounts.find((one) => one.role === role);
  const person = (role, options) => new Person(browser, event, account(role)).signIn(options);
  const late = await kept(person);
  await board(person);
  await tables(person, late);
  await region(person);
});
