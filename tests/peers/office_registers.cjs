// The first desks of head office, as a browser walks them: calls and complaints, payments and
// payees, notices, policies. office_peer.cjs calls `tell` with its helpers.
"use strict";

const clock = () => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 16);
const day = (offset = 0) => new Date(Date.now() + offset * 86_400_000 + 8 * 3_600_000).toISOString().slice(0, 10);

async function complaints(person, { add, correct, both, expect }) {
  const who = await person("dispatcher");
  const call = { called: clock(), customer: "示例村民甲", phone: "无", content: "咨询理赔进度", handling: "已告知进度", kind: "question" };
  expect((await add(who, "hotline", call)) === "FIELD_BAD", "a phone number that is none is refused");
  expect((await who.page.inputValue("[name='v.customer']")) === call.customer, "what was typed is still there");
  await who.look("refused-row");
  expect(!(await add(who, "hotline", { ...call, phone: "139 0000 1234" })), "a call is written down");
  await both(who, "/table/hotline", "hotline");
  expect(!(await who.page.content()).includes("13900001234"), "its number is masked");
  const complaint = {
    complained: clock(), customer: "示例车主乙", phone: "13900005678", content: "认为定损偏低", class: "dispute", handler: "示例审核", state: "received",
    contract: "huangpu-sanitation-vehicles",
  };
  expect(!(await add(who, "complaints", complaint)), "a complaint is written down");
  expect((await who.page.innerText("main")).includes("TS-000001"), "it got a number");
  expect((await correct(who, "complaints", 1, { state: "answered" })) === "FIELD_REQUIRED", "an answer needs its course and basis");
  const answer = { state: "answered", course: "复核照片与定损单", result: "补付差额", basis: "条款第五条", answered: clock(), channel: "phone", satisfaction: "dissatisfied" };
  expect(!(await correct(who, "complaints", 1, answer)), "it is answered");
  expect(!(await correct(who, "complaints", 1, { state: "reopened" })), "the customer is not content: it is opened again");
  await both(who, "/table/complaints/1", "complaint-history");
  await both(who, "/table/complaints", "complaints");
  const back = { number: "TS-000001", customer: "示例车主乙", result: "补付差额", satisfaction: "fairly", advice: "请更早告知", asked: clock(), channel: "phone" };
  expect(!(await add(who, "complaint_callbacks", back)), "the customer is called back");
  await both(who, "/table/complaint_callbacks", "complaint-callbacks");
  await both(who, "/table/complaint_limits", "complaint-limits");
  await who.leave();
  const head = await person("review_supervisor");
  const task = { problem: "查勘到达超时", owner: "示例主管", due: day(7), result: "增派一组查勘" };
  expect(!(await add(head, "rectification", task)), "what is set right is in the ledger");
  await both(head, "/table/rectification", "rectification");
  const step = { task: "增派查勘人员", owner: "示例主管", due: day(7), progress: "已完成一半" };
  expect(!(await add(head, "rectification_progress", step)), "and how far it is");
  await both(head, "/table/rectification_progress", "rectification-progress");
  await both(head, "/tables", "tables");
  await both(head, "/table/progress", "progress");
  await both(head, "/table/stalled", "stalled");
  await both(head, "/table/callbacks_due", "callbacks-due");
  await head.open("/table/payments/new");
  expect((await head.page.innerText(".refused strong")) === "NOT_YOUR_ROLE", "who may not pay writes no payment");
  await head.leave();
}

async function payments(person, { add, correct, both, expect }) {
  const who = await person("finance");
  const [number] = await who.queue("payments");
  expect(Boolean(number), "a case waits for its payment");
  await who.open(`/case/${number}`);
  const sum = (await who.page.innerText(".figures .sum")).replace(/[^0-9.]/g, "");
  const paid = { case: number, paid: clock(), amount: sum, way: "bank", payee: "示例他人", state: "sent" };
  expect((await add(who, "payments", paid)) === "PAYEE_DIFFERS", "nobody but the case's payee is paid");
  const detail = await who.page.innerText(".refused");
  const payee = detail.match(/应为 (.+?)；/)[1].split("、")[0];
  await who.look("refused-payee");
  const more = { ...paid, payee, amount: (Number(sum) + 0.01).toFixed(2) };
  expect((await add(who, "payments", more)) === "BEYOND_APPROVED", "never more than was approved");
  const change = { case: number, payee: "示例代领人", account: "6217000098765432", why: "户主委托家人代领", paper: "委托书", state: "asked" };
  expect(!(await add(who, "payee_changes", change)), "another payee is asked for");
  expect((await correct(who, "payee_changes", 1, { state: "confirmed" })) === "SECOND_PERSON", "and not confirmed by whoever asked");
  await who.look("refused-second-person");
  expect(!(await add(who, "payments", { ...paid, payee })), "the case's payee is paid");
  expect(!(await correct(who, "payments", 1, { state: "returned", cause: "account" })), "the transfer comes back, with its cause");
  await who.leave();
  const other = await person("reviewer");
  expect(!(await correct(other, "payee_changes", 1, { state: "confirmed" })), "a second person confirms the other payee");
  await both(other, "/table/payee_changes", "payee-changes");
  const again = { ...paid, payee: "示例代领人", account: "6217000098765432", confirmed: "yes" };
  expect(!(await add(other, "payments", again)), "who is paid in the end");
  await both(other, "/table/payments", "payments");
  await both(other, "/table/payment_reconciliation", "payment-reconciliation");
  await other.open(`/case/${number}`);
  expect((await other.page.innerText("#kept")).includes("赔款支付记录表"), "the case names what is kept about it");
  await other.leave();
}

async function notices(person, { both, expect }) {
  const who = await person("claims_specialist");
  const [number] = await who.queue("notices");
  expect(Boolean(number), "a notice is due");
  await both(who, `/case/${number}/notices`, "notices");
  const form = who.page.locator("main form.stack").first();
  const area = form.locator("textarea");
  const text = (await area.inputValue()).replace(/【[^】]*】/g, "见所附说明");
  await area.fill(`${text}\n明天上门办理`);
  await Promise.all([who.page.waitForNavigation(), form.locator("button.primary").click()]);
  expect((await who.page.innerText(".refused strong")) === "TIME_NOT_IN_CONTRACT", "no notice promises a time of its own");
  await who.look("refused-time");
  await who.page.locator("main form.stack:has(textarea)").first().locator("textarea").fill(text);
  await Promise.all([who.page.waitForNavigation(), who.page.locator("main form.stack").first().locator("button.primary").click()]);
  expect((await who.page.locator("main .mark.good").count()) > 0, "without it the notice is kept");
  await both(who, "/table/notices_sent", "notices-sent");
  await who.leave();
}

async function policies(person, { add, both, expect }) {
  const who = await person("review_supervisor");
  const policy = {
    policy: "示例-2025-001", version: "1", contract: "huangpu-sanitation-vehicles", line: "车损险", object: "粤A-示例01", insured: "示例环卫中心",
    from: day(-400), to: day(-36), sum_insured: "300000", premium: "4200", stage: "entered",
  };
  expect(!(await add(who, "policies", policy)), "a policy is on file");
  expect((await add(who, "policies", policy)) === "NOT_UNIQUE", "once");
  expect((await add(who, "policies", { ...policy, version: "3" })) === "VERSION_ORDER", "its versions follow each other");
  const next = { ...policy, policy: "示例-2026-001", from: day(-20), to: day(344) };
  expect(!(await add(who, "policies", next)), "another follows it late");
  await both(who, "/table/policies", "policies");
  await who.open("/table/policy_gaps");
  expect((await who.page.innerText("table.register tbody")).includes("15"), "fifteen days without cover are found");
  await both(who, "/table/policy_gaps", "policy-gaps");
  await both(who, "/table/policy_expiry", "policy-expiry");
  await both(who, "/table/contacts_due", "contacts-due");
  await who.open("/table/households/new");
  const village = await who.page.$eval("select[name='v.village'] option:nth-child(2)", (one) => one.value);
  const house = { village, head: "示例户主甲", house: "示例村 1 号", class: "ordinary", eligible: "yes", id_no: "SL1000001" };
  expect(!(await add(who, "households", { ...house, policy: "H-001", from: day(-30), to: day(334) })), "a household is insured");
  expect(!(await add(who, "households", { ...house, head: "示例户主乙", id_no: "SL1000002", why_not: "外出务工" })), "another is not");
  await both(who, "/table/not_insured", "not-insured");
  const premium = { received: day(), payer: "province", amount: "10", village, receipt: "示例-1" };
  expect(!(await add(who, "premiums", premium)), "the province pays its part");
  await both(who, "/table/premium_split", "premium-split");
  await who.leave();
}

/** Walks these desks with the helpers of the walk. */
async function tell(person, helpers) {
  await complaints(person, helpers);
  await payments(person, helpers);
  await notices(person, helpers);
  await policies(person, helpers);
}

module.exports = { tell };
