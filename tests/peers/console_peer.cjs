#!/usr/bin/env node
// The console in a real browser: every queue, the whole life of a case through four people, every
// refusal on the page, on the command line and over plain HTTP; no script errors, nothing from
// elsewhere, no serious accessibility fault.
//
// usage: console_peer.cjs PROGRAM FOLDER [PICTURES]     PICTURES is where screenshots go
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { Person, expect, folder, run, shots, walked } = require("./console_world.cjs");

async function tell(browser, event) {
  const account = (role) => event.accounts.find((one) => one.role === role);
  const person = (role, options) => new Person(browser, event, account(role)).signIn(options);
  await walk(browser, event, person);
  await life(person);
  await refusals(browser, event, person);
  await returned(event, person);
}

/** Every page, in Chinese; some in English, on a tablet, on paper. */
async function walk(browser, event, person) {
  const door = await browser.newPage({ viewport: { width: 1280, height: 700 }, locale: "zh-CN" });
  await door.goto(`${event.hub}/console`);
  expect(door.url().endsWith("/console/sign-in"), "whoever is not signed in comes to the door");
  await door.screenshot({ path: path.join(shots, "sign-in.png") });
  await door.close();
  const reviewer = await person("reviewer");
  await reviewer.see("", "overview");
  const links = await reviewer.page.$$eval(".side ul a", (all) => all.map((link) => link.getAttribute("href")));
  expect(links.length >= 14, `${links.length} queues`);
  for (const link of links) {
    const name = link.split("/").pop().replace(":", "-");
    await reviewer.see(link.replace("/console", ""), `queue-${name}`);
    const rows = await reviewer.page.locator("tbody tr").count();
    expect(rows > 0, `queue ${name} has ${rows} rows`);
  }
  await reviewer.open("/map");
  await reviewer.page.waitForSelector("#map[data-drawn]");
  await reviewer.look("map");
  expect(Number(await reviewer.page.getAttribute("#map", "data-drawn")) > 0, "cases are on the map");
  await reviewer.see("/board", "board");
  expect(await reviewer.page.locator(".board tbody tr").count() === 12, "twelve villages are on the board");
  await reviewer.open("");
  await reviewer.page.keyboard.press("/");
  await reviewer.page.keyboard.type("青石村");
  await Promise.all([reviewer.page.waitForNavigation(), reviewer.page.keyboard.press("Enter")]);
  expect(await reviewer.page.locator("td.id a").count() > 0, "a village is found by two keys and its name");
  await reviewer.look("search");
  await reviewer.page.click("button[value=en]");
  await reviewer.see("", "overview-en");
  expect((await reviewer.page.innerText("h1")) === "Overview", "the same desk in English");
  const [number] = await reviewer.queue("disputes");
  await reviewer.see(`/case/${number}`, "case-en");
  await reviewer.leave();
  const admin = await person("admin");
  await admin.see("/people", "people");
  await admin.leave();
  const auditor = await person("auditor");
  await auditor.see("/audit", "audit");
  await auditor.leave();
  const tablet = await person("review_supervisor", { viewport: { width: 1024, height: 1366 } });
  await tablet.see("", "overview-tablet");
  const wide = await tablet.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide <= 1, "nothing lies beyond the edge of a tablet");
  await tablet.leave();
}

/** One case of three rounds: four people, no two steps by the same one. */
async function life(person) {
  const first = await person("claims_specialist");
  let number;
  for (const one of await first.queue("review:claims_specialist")) {
    await first.open(`/case/${one}`);
    const against = await first.page.$$eval(".obstacles code", (codes) => codes.map((code) => code.textContent));
    if (against.every((code) => code === "INCOMPLETE")) { number = one; break; }
  }
  expect(Boolean(number), `a case waits for the first round: ${number}`);
  await first.look("case");
  await first.page.screenshot({ path: path.join(shots, "case-whole.png"), fullPage: true });
  const without = await first.decide("approve");
  if (without) expect(without.includes("INCOMPLETE"), "without a reason, what is missing is in the way");
  expect(!(await first.decide("approve", "算式与报价单一致，缺件由车队补送")), "the claims specialist passes round 1");
  await first.leave();
  const rest = [["review_supervisor", "approve", "复核合理"], ["finance", "approve", "金额与账户核对无误"], ["finance", "pay", "已转账"], ["finance", "close", "到账已确认"]];
  for (const [role, action, reason] of rest) {
    const who = await person(role);
    await who.open(`/case/${number}`);
    const refusal = await who.decide(action, reason);
    expect(!refusal, `${role}: ${action} ${refusal}`);
    if (action === "close") await who.look("case-closed");
    await who.leave();
  }
}

/** A refusal on the page, by the command line and by a plain call: one code, one reason, no change. */
async function refused(event, who, [number, code, action, extra]) {
  const read = () => fetch(`${event.hub}/v1/office/cases/${number}`, { headers: { Authorization: `Bearer ${who.account.token}` } }).then((answer) => answer.json());
  await who.open(`/case/${number}`);
  const before = await read();
  if (extra && extra.meanwhile) extra.meanwhile();
  const between = await read();
  const shown = await who.decide(action, extra && extra.reason ? extra.reason : "核对无误");
  expect(shown.includes(code), `${code} on the page`);
  await who.page.screenshot({ path: path.join(shots, `refused-${code.toLowerCase().replaceAll("_", "-")}.png`) });
  const round = (extra && extra.round) || 1;
  const heads = extra && extra.stale ? before.heads : between.heads;
  const body = { action, round, reason: "核对无误", heads };
  const answer = await fetch(`${event.hub}/v1/office/cases/${number}/decide`, {
    method: "POST", headers: { Authorization: `Bearer ${who.account.token}`, "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const told = await answer.json();
  expect(told.code === code && answer.status === 409, `${code} over HTTP`);
  const tokenFile = path.join(folder, "token");
  fs.writeFileSync(tokenFile, who.account.token);
  const words = ["office", "--hub", event.hub, "--token-file", tokenFile, "decide", number, action, "--round", String(round), "--reason", "核对无误"];
  heads.forEach((head) => words.push("--head", head));
  const line = run(words, 1);
  expect(line.includes(told.detail.split("; ")[0]), `${code} by lossbook office, exit 1, the same words`);
  expect(/[\u4e00-\u9fff]/.test(told.detail) && /[a-z]{4}/.test(told.detail), `${code} in both languages: ${told.detail.slice(0, 90)}`);
  const after = await read();
  expect(JSON.stringify(after.decisions) === JSON.stringify(between.decisions) && after.status === between.status, `${code} changed nothing`);
}

/** The phone that has a case. */
function holder(event, number) {
  return event.phones.find((one) => run(["--json", "device", "--home", one.home, "list"]).includes(number));
}

async function refusals(browser, event, person) {
  const reviewer = await person("reviewer");
  await refused(event, reviewer, [event.marked.contested, "CONTESTED", "approve"]);
  await refused(event, reviewer, [event.marked.photo_missing, "PHOTOS_MISSING", "approve"]);
  const [fresh] = (await reviewer.queue("review:reviewer")).slice(-1);
  const home = holder(event, fresh);
  const edit = () => {
    run(["device", "--home", home.home, "set", fresh, "report.place", "示例县 门牌更正后的地址"]);
    run(["device", "--home", home.home, "sync"]);
  };
  await refused(event, reviewer, [fresh, "STALE", "deny", { meanwhile: edit, stale: true, reason: "不属保险责任" }]);
  await reviewer.leave();
  const own = await new Person(browser, event, event.accounts.find((one) => one.name === "查勘员 粤一")).signIn();
  const waiting = await own.queue("review:claims_specialist");
  expect(waiting.length > 0, "cases wait for the first round");
  await refused(event, own, [waiting[0], "OWN_WORK", "approve"]);
  await own.leave();
  const first = await person("claims_specialist");
  let big;
  for (const one of await first.queue("review:claims_specialist")) {
    await first.open(`/case/${one}`);
    const codes = await first.page.$$eval(".obstacles code", (all) => all.map((code) => code.textContent));
    if (codes.filter((code) => code !== "INCOMPLETE").join() === "BEYOND_AUTHORITY") { big = one; break; }
  }
  expect(Boolean(big), "a case is beyond the specialist's limit");
  await refused(event, first, [big, "BEYOND_AUTHORITY", "approve"]);
  await first.leave();
  await twice(browser, event, person);
}

/** Somebody with two roles may not hold two rounds. */
async function twice(browser, event, person) {
  const admin = await person("admin");
  await admin.open("/people");
  const form = admin.page.locator("form.stack");
  await form.locator("input[name=name]").fill("两职 壬");
  await form.locator("input[value=claims_specialist]").check();
  await form.locator("input[value=review_supervisor]").check();
  await Promise.all([admin.page.waitForNavigation(), form.locator("button[value=password]").click()]);
  const password = await admin.page.innerText(".done code");
  await admin.leave();
  const both = await new Person(browser, event, { name: "两职 壬", password, token: "" }).signIn();
  for (const one of await both.queue("review:claims_specialist")) {
    await both.open(`/case/${one}`);
    const codes = await both.page.$$eval(".obstacles code", (all) => all.map((code) => code.textContent));
    if (codes.some((code) => code !== "INCOMPLETE")) continue;
    expect(!(await both.decide("approve", "第一轮核对无误")), "the first round passes");
    const refusal = await both.decide("approve", "第二轮");
    expect(refusal.includes("SAME_REVIEWER"), "the second round needs another person");
    await both.page.screenshot({ path: path.join(shots, "refused-same-reviewer.png") });
    await both.leave();
    return;
  }
  throw new Error("no case is left for the first round");
}

/** A return of two fields: to the phone, back, and in the queues. */
async function returned(event, person) {
  const reviewer = await person("reviewer");
  let number;
  let home;
  for (const one of await reviewer.queue("review:reviewer")) {
    await reviewer.open(`/case/${one}`);
    if ((await reviewer.page.innerText(".case-head")).includes("已退回")) continue;
    [number, home] = [one, holder(event, one)];
    break;
  }
  expect(Boolean(number && home), `a case of ${home && home.user} waits`);
  await reviewer.open(`/case/${number}`);
  await reviewer.page.click("#decide details summary");
  await reviewer.page.locator("input[name=field][value='report.cause']").check();
  await reviewer.page.locator("input[name=field][value='report.phone']").check();
  expect(!(await reviewer.decide("return", "请核实出险原因和电话")), "two fields are sent back");
  expect((await reviewer.queue("returned")).includes(number), "the queue shows who waits for whom");
  await reviewer.look("queue-returned");
  const device = (...words) => run(["device", "--home", home.home, ...words]);
  device("sync");
  expect(device("show", number).includes("请核实出险原因和电话") || device("show", number).includes("report.phone"), "the phone shows the return at its next contact");
  device("set", number, "report.cause", "冰雹、短时大风");
  device("set", number, "report.phone", "13900009999");
  device("sync");
  expect((await reviewer.queue("answered")).includes(number), "the answer is in the other queue");
  await reviewer.open(`/case/${number}`);
  expect((await reviewer.page.innerText("#returned")).includes("冰雹、短时大风"), "the answer stands beside what was asked");
  await reviewer.look("case-answered");
  await reviewer.leave();
}

walked(tell);
