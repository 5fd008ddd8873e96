#!/usr/bin/env node
// The desks of head office in a real browser, in Chinese and English: what people write is there,
// what they may not do is refused with its code, and confidential amounts stay so.
//
// usage: office_peer.cjs PROGRAM FOLDER [PICTURES]      PICTURES is where screenshots go
"use strict";
const { Person, expect, walked } = require("./console_world.cjs");
const registers = require("./office_registers.cjs");

/** Fills the form of a register: inputs and choices by column. */
async function fill(page, values, prefix = "v.") {
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`main [name="${name === "case" ? "case" : prefix + name}"]`).first();
    const tag = await field.evaluate((one) => one.tagName);
    if (tag === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
}

async function send(page, button) {
  await Promise.all([page.waitForNavigation(), button.click()]);
  const banner = page.locator(".refused strong");
  return (await banner.count()) ? banner.first().innerText() : "";
}

/** Adds a row to a register; resolves with the code of a refusal, or nothing. */
async function add(who, register, values) {
  await who.open(`/table/${register}/new`);
  await fill(who.page, values);
  return send(who.page, who.page.locator("main form button.primary").first());
}

/** Corrects the newest row of a register. */
async function correct(who, register, row, values) {
  await who.open(`/table/${register}/${row}`);
  await who.page.locator("details:has(button[value=correct]) summary").first().click();
  await fill(who.page, { ...values });
  await who.page.fill("main form.entry input[name=reason]", "补记");
  return send(who.page, who.page.locator("button[value=correct]"));
}

function day(offset = 0) {
  return new Date(Date.now() + offset * 86_400_000 + 8 * 3_600_000).toISOString().slice(0, 10);
}

/** The same page in the other language, as a picture. */
async function both(who, where, name) {
  await who.see(where, name);
  await who.page.click("button[value=en]");
  await who.see(where, `${name}-en`);
  await who.page.click("button[value=zh]");
}

/** A page by keys alone: the first link or field that Tab reaches has a visible focus. */
async function keyboard(who, where) {
  await who.open(where);
  for (let step = 0; step < 40; step += 1) {
    await who.page.keyboard.press("Tab");
    const at = await who.page.evaluate(() => document.activeElement.closest("main") !== null);
    if (at) return true;
  }
  return false;
}

const contract = "shaoguan-official-vehicles";

async function noSurvey(person) {
  const who = await person("review_supervisor");
  expect(await keyboard(who, "/no-survey"), "the desk of no-survey cases is reached by keys");
  const draw = async (values) => {
    await who.open("/no-survey");
    await fill(who.page, values, "");
    return send(who.page, who.page.locator("main form button.primary"));
  };
  const wanted = { contract, from: day(-40), to: day(), seed: "示范 2026" };
  expect((await draw(wanted)) === "NO_SHARE", "a share that the contract leaves blank is not invented");
  expect((await draw({ ...wanted, share: "30" })) === "NO_REASON", "a share of one's own needs a reason");
  expect(!(await draw({ ...wanted, share: "30", reason: "首月加大抽查" })), "a sample is drawn");
  const drawn = await who.page.$$eval(".done td.id a, .done li a", (links) => links.map((link) => link.textContent.trim()));
  expect(drawn.length > 0, `${drawn.length} cases are drawn`);
  await both(who, "/table/no_survey_rules", "no-survey-rules");
  await both(who, "/table/no_survey_cases", "no-survey-cases");
  const handed = { case: drawn[0], shop: "示例定点维修一厂", handed: `${day()}T09:30`, claims: "示例理赔" };
  expect(!(await add(who, "repair_handovers", handed)), "a case that nobody has to visit goes to the shop");
  expect(!(await correct(who, "no_survey_checks", 1, {
    inflated: "no", over_repair: "no", fraud: "no", checker: "示例复查", checked: `${day()}T10:00`,
  })), "somebody looks at a case of the sample again");
  await both(who, "/table/no_survey_checks", "no-survey-checks");
  await both(who, "/no-survey", "no-survey");
  await who.open(`/case/${drawn[0]}`);
  expect((await who.page.innerText("#around")).includes("免查勘"), "the case says that no visit is needed");
  await who.leave();
  return drawn[0];
}

/** The first new case whose cause is one of the weather. */
async function weather(person) {
  const who = await person("reviewer");
  let number = "";
  for (number of await who.queue("new")) {
    await who.open(`/case/${number}`);
    const around = who.page.locator("#around");
    if ((await around.count()) && (await around.innerText()).includes("气象记录")) break;
  }
  const head = await who.page.innerText(".case-head p.quiet");
  const village = head.split(" · ")[0].trim();
  const at = head.match(/\d{4}-\d{2}-\d{2}/)[0];
  expect(!(await add(who, "weather", {
    day: at, place: village, phenomenon: "hail", origin: "bureau", measured: "冰雹直径 12 毫米", reference: "气证〔2026〕示例 7 号",
  })), "the weather of a day is written");
  await both(who, "/table/weather", "weather");
  await who.open(`/case/${number}`);
  const around = who.page.locator("#around");
  expect((await around.innerText()).includes("气证〔2026〕示例 7 号"), "and stands beside a case of that day");
  await around.scrollIntoViewIfNeeded();
  await who.look("case-weather");
  await who.leave();
}

async function staff(person) {
  const who = await person("survey_supervisor");
  await who.open("/queue/new");
  const [number] = await who.queue("new");
  await who.open(`/case/${number}`);
  const names = await who.page.$$eval("select[name=surveyor] option", (all) => all.map((one) => one.value));
  const [outgoing] = names;
  const incoming = "查勘员 示例";
  expect(Boolean(outgoing), `a surveyor is offered: ${outgoing}`);
  const row = { name: outgoing, post: "查勘定损", certificate: "资产评估师证书", from: "2020-01-01", until: day(-1) };
  expect(!(await add(who, "qualifications", row)), "a certificate is on file");
  const assign = async (name) => {
    await who.open(`/case/${number}`);
    const form = who.page.locator("form:has(select[name=surveyor])");
    await form.locator("select").selectOption(name);
    await Promise.all([who.page.waitForNavigation(), form.locator("button[value=assign]").click()]);
    const refusal = who.page.locator("#refusal");
    return (await refusal.count()) ? refusal.innerText() : "";
  };
  expect((await assign(outgoing)).includes("CERTIFICATE_LAPSED"), "whose certificate ran out is not assigned");
  await who.look("refused-certificate");
  await both(who, "/staff", "staff");
  expect(!(await correct(who, "qualifications", 1, { until: day(300) })), "the certificate is renewed");
  expect(!(await assign(outgoing)), "then its holder is assigned");
  const leaving = { outgoing, incoming, reason: "调岗", applied: day(-9) };
  expect(!(await add(who, "staff_replacements", leaving)), "a replacement is asked for");
  await who.open("/staff");
  expect(await who.page.locator("form[action$=hand-over]").count() === 0, "without the buyer's consent nothing moves");
  const consent = { consented: day(-1), consenter: "采购人 示例科长", reference: "函〔2026〕示例 3 号" };
  expect(!(await correct(who, "staff_replacements", 1, consent)), "the buyer consents");
  await who.open("/staff");
  const refused = await send(who.page, who.page.locator("form[action$=hand-over] button"));
  expect(!refused, `every open case moves ${refused}`);
  await who.look("staff-handed-over");
  await both(who, "/table/qualifications", "qualifications");
  await who.leave();
}

async function risk(person) {
  const who = await person("regional_manager");
  const row = {
    contract: "guangzhou-police-aviation", risk: "停机坪侧风", nature: "natural", likelihood: "high", impact: "larger",
    measure: "每月检查系留装置", owner: "示例技术", since: day(-50),
  };
  expect(!(await add(who, "risks", row)), "a risk is written");
  await both(who, "/table/risk_matrix", "risk-matrix");
  await both(who, "/table/risk_tasks", "risk-tasks");
  expect((await who.page.innerText("table.register tbody")).includes("每月"), "its measure comes back every month");
  await who.leave();
  const desk = await person("claims_specialist");
  const event = {
    level: "2", severity: "机体受损，无人伤亡", reach: "一架直升机停飞", measures: "启动二级响应", resources: "技术专家两名、备用机一架",
    at: `${day()}T08:00`, place: "示例机场", nature: "重着陆", by: "示例机长",
  };
  expect(!(await add(desk, "emergencies", event)), "an emergency has one of four levels");
  await both(desk, "/table/emergencies", "emergencies");
  await desk.leave();
}

/** One page, two people: who handles money reads the amounts, who does not reads none. */
async function amounts(event, person) {
  const money = await person("finance");
  let plane;
  for (const where of ["/queue/clocks", "/queue/notices", "/queue/new", "/search?q=" + encodeURIComponent("号")]) {
    await money.open(where);
    const rows = await money.page.$$eval("tbody tr", (all) => all.map((row) => row.innerText));
    plane = plane || rows.find((row) => row.includes("广州警航"));
  }
  expect(Boolean(plane), "a case of the confidential contract is found");
  const number = plane.split(/\s/)[0];
  const sum = async (who) => {
    await who.open(`/case/${number}`);
    return who.page.innerText(".figures .sum");
  };
  expect(/\d/.test(await sum(money)), "finance reads its amount");
  await money.leave();
  const manager = await person("dispatcher");
  expect((await sum(manager)).includes("***"), "the dispatcher does not");
  await manager.look("amounts-hidden");
  const page = await manager.page.innerText("main");
  expect(page.includes("保密"), "the page says so");
  const answer = await fetch(`${event.hub}/v1/office/cases/${number}`, { headers: { Authorization: `Bearer ${manager.account.token}` } });
  const json = await answer.json();
  expect(json.low_fen === null && json.not_judged.code === "AMOUNTS_HIDDEN", "nor over JSON");
  await manager.leave();
}

async function closing(person) {
  const who = await person("regional_manager");
  await both(who, "/table/contract_open", "contract-open");
  const code = await add(who, "contract_closings", { contract, day: day(), claims: "1" });
  expect(code === "CONTRACT_OPEN", `a contract with open claims is not closed: ${code}`);
  await who.look("refused-contract-open");
  await who.leave();
}

async function tell(browser, event) {
  const account = (role) => event.accounts.find((one) => one.role === role);
  const person = (role, options) => new Person(browser, event, account(role)).signIn(options);
  await registers.tell(person, { add, correct, both, expect });
  await noSurvey(person);
  await weather(person);
  await staff(person);
  await risk(person);
  await amounts(event, person);
  await closing(person);
}

walked(tell);
