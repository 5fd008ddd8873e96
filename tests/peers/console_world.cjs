// What walks of the console share: a hub filled by the demo's event, people who sign in with a real
// browser, and complaints about scripts, requests to elsewhere and serious accessibility faults.
"use strict";
const { chromium } = require("playwright-core");
const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const [program, folder, pictures] = process.argv.slice(2);
const shots = pictures || path.join(folder, "screens");
fs.mkdirSync(shots, { recursive: true });
const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const CASES = process.env.CONSOLE_CASES || "90";
const complaints = [];

function say(what) { console.log(`  ok: ${what}`); }
function expect(good, what) {
  if (!good) throw new Error(`not so: ${what}`);
  say(what);
}

/** Plays the event and resolves with what the program says of it. */
function serve() {
  const child = spawn(program, ["--json", "demo", "--serve", "--cases", CASES, "--listen", "127.0.0.1:0", "--dir", path.join(folder, "event")],
    { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (bytes) => {
      text += bytes;
      const line = text.split("\n").find((one) => one.startsWith("{") && one.trimEnd().endsWith("}"));
      if (line) resolve({ child, event: JSON.parse(line) });
    });
    child.on("exit", (code) => reject(new Error(`the demo ended with ${code}: ${text}`)));
  });
}

function run(words, code = 0) {
  const done = spawnSync(program, words, { encoding: "utf8" });
  if (done.status !== code) throw new Error(`${words.join(" ")}: exit ${done.status}, expected ${code}\n${done.stdout}${done.stderr}`);
  return done.stdout + done.stderr;
}

class Person {
  constructor(browser, event, account) { Object.assign(this, { browser, event, account }); }

  async signIn(options = {}) {
    this.context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "zh-CN", ...options });
    this.page = await this.context.newPage();
    const own = new URL(this.event.hub).origin;
    this.page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
    this.page.on("console", (message) => {
      // A refusal is a page with a status of its own, which the browser reports as a failed load.
      const isRefusal = /status of (400|403|404|409|429)/.test(message.text());
      if (message.type() === "error" && !isRefusal) complaints.push(`console: ${message.text()}`);
    });
    this.page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(own) && !url.startsWith("data:")) complaints.push(`elsewhere: ${url}`);
    });
    await this.page.goto(`${this.event.hub}/console/sign-in`);
    await this.page.fill("input[name=name]", this.account.name);
    await this.page.fill("input[name=password]", this.account.password);
    await this.page.click("button.primary");
    await this.page.waitForLoadState();
    return this;
  }

  async open(where) {
    await this.page.goto(`${this.event.hub}/console${where}`);
    return this.page;
  }

  async see(where, name) {
    await this.open(where);
    await this.look(name);
  }

  /** Takes a picture, and has axe look for serious faults. */
  async look(name) {
    await this.page.waitForTimeout(150);
    if (name) await this.page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: false });
    await this.page.evaluate(AXE).catch(async () => { await this.page.addScriptTag({ content: AXE }); });
    const found = await this.page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations
      .filter((one) => ["serious", "critical"].includes(one.impact))
      .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`));
    found.forEach((one) => complaints.push(`axe ${name || this.page.url()}: ${one}`));
  }

  /** Numbers of the cases of a queue. */
  async queue(name) {
    await this.open(`/queue/${name}`);
    return this.page.$$eval("td.id a", (links) => links.map((link) => link.textContent.trim()));
  }

  /** Decides on the page that is open; resolves with the refusal's text, or nothing. */
  async decide(action, reason = "") {
    const form = this.page.locator("#decide form").first();
    await form.locator("textarea[name=reason]").fill(reason);
    await Promise.all([this.page.waitForNavigation(), form.locator(`button[value=${action}]`).click()]);
    const refusal = this.page.locator("#refusal");
    return (await refusal.count()) ? refusal.innerText() : "";
  }

  async leave() { await this.context.close(); }
}

/** Plays the event, lets `tell` walk through it, and says what was wrong. */
async function main(tell) {
  const { child, event } = await serve();
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium", headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  });
  try {
    await tell(browser, event);
    expect(complaints.length === 0, `no script errors, requests to elsewhere or serious faults${complaints.map((one) => `\n    ${one}`).join("")}`);
  } finally {
    await browser.close();
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
  }
}


/** Runs a walk as a program. */
function walked(tell) {
  main(tell).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

module.exports = { Person, expect, program, folder, run, say, shots, walked };
