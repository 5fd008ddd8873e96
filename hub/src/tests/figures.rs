//! Figures and the tables made from cases: what counts, since when, and what stands behind it.

use lossbook_core::app::Device;
use lossbook_core::domain::{CaseId, WallMs};

use super::console::{person, visitor};
use super::http::served;
use super::register::{EVERYTHING, add, said};
use super::{World, report};
use crate::catalogue::{self, Ask, Personal};
use crate::kpi::{Figure, METRICS, Sum, metric};
use crate::meta::figure::{Side, Span, day_of};
use crate::meta::{OfficeUser, in_tx};
use crate::role::OfficeRole;
use crate::table::{Cell, Table};

const MINUTE: i64 = 60_000;

/// A house in the county town of Huzhu: somebody must be there within half an hour.
pub(super) fn house(world: &World, phone: &Device) -> String {
    let number = report(phone)
        .parse::<CaseId>()
        .unwrap()
        .number()
        .to_string();
    let fields = [
        ("report.contract", "huzhu-rural-housing"),
        ("report.zone", "town"),
        ("report.zone_reason", "县城"),
        ("report.reporter", "赵甲"),
        ("report.phone", "13900001234"),
        ("report.course", "夜间暴雨，后墙渗水"),
    ];
    for (path, value) in fields {
        phone.set_field(&number, path, value).unwrap();
    }
    let now = world.hub.now().wall.0.to_string();
    phone
        .set_field(&number, "times.report_received_at", &now)
        .unwrap();
    phone
        .set_field(&number, "times.report_accepted_at", &now)
        .unwrap();
    world.sync(phone);
    number
}

fn arrive(world: &World, (phone, number): (&Device, &str), minutes: i64) {
    let at = world.hub.now().wall.0 + minutes * MINUTE;
    phone
        .set_field(number, "times.arrived_at", &at.to_string())
        .unwrap();
    world.sync(phone);
}

fn span(world: &World) -> Span<'static> {
    let now = world.hub.now().wall;
    Span {
        from: day_of(now) - 1,
        to: day_of(now) + 1,
        contract: None,
        scopes: &[],
        now,
        sight: &EVERYTHING,
    }
}

fn sum(world: &World, id: &str) -> Sum {
    let span = span(world);
    let figure = in_tx(world.hub.store(), |tx| {
        Figure::of(tx, metric(id).unwrap(), span)
    });
    figure.unwrap().total
}

fn table(world: &World, id: &str) -> Table {
    let ask = Ask {
        sight: &EVERYTHING,
        scopes: &[],
        from: None,
        to: None,
        case: None,
        words: None,
        now: world.hub.now().wall,
        limit: 50,
        after: None,
        personal: Personal::Masked,
    };
    let entry = catalogue::entry(id).unwrap();
    in_tx(world.hub.store(), |tx| entry.table(tx, &ask)).unwrap()
}

fn headings(table: &Table) -> String {
    let names: Vec<&str> = table
        .columns
        .iter()
        .map(|one| one.name.zh.as_str())
        .collect();
    names.join(" / ")
}

#[test]
fn a_limit_that_nobody_met_counts_from_when_it_runs_out() {
    let world = World::new();
    let phone = world.phone("a", 1);
    house(&world, &phone);
    world.host.pass(30 * MINUTE);
    assert_eq!(sum(&world, "arrival"), Sum { num: 0, den: 0 });
    world.host.pass(1);
    assert_eq!(sum(&world, "arrival"), Sum { num: 0, den: 1 });
    world.host.pass(3 * 60 * MINUTE);
    assert_eq!(sum(&world, "arrival"), Sum { num: 0, den: 1 });
}

#[test]
fn an_arrival_at_the_last_instant_is_in_time_and_one_later_is_not() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let (first, second) = (house(&world, &phone), house(&world, &phone));
    arrive(&world, (&phone, &first), 30);
    let late = world.hub.now().wall.0 + 30 * MINUTE + 1;
    phone
        .set_field(&second, "times.arrived_at", &late.to_string())
        .unwrap();
    world.sync(&phone);
    assert_eq!(sum(&world, "arrival"), Sum { num: 1, den: 2 });
    let answers = table(&world, "arrivals").rows.into_iter();
    let answers: Vec<Cell> = answers.map(|row| row.cells[4].clone()).collect();
    assert!(answers.contains(&Cell::Yes(true)) && answers.contains(&Cell::Yes(false)));
}

#[test]
fn every_number_has_as_much_behind_it_as_it_says() {
    let world = World::new();
    let phone = world.phone("a", 1);
    for minutes in [10, 20, 40] {
        let number = house(&world, &phone);
        arrive(&world, (&phone, &number), minutes);
    }
    house(&world, &phone);
    world.host.pass(31 * MINUTE);
    let span = span(&world);
    for metric in &METRICS {
        let (total, above, below) = in_tx(world.hub.store(), |tx| {
            let total = Figure::of(tx, metric, span)?.total;
            let above = tx.behind((metric.id, Side::Numerator), span, (None, 1_000))?;
            let below = tx.behind((metric.id, Side::Denominator), span, (None, 1_000))?;
            Ok((total, above, below))
        })
        .unwrap();
        let counted = Sum {
            num: above.iter().map(|row| row.num).sum(),
            den: below.iter().map(|row| row.den).sum(),
        };
        assert_eq!(total, counted, "{}", metric.id);
    }
    assert_eq!(sum(&world, "arrival"), Sum { num: 2, den: 4 });
}

#[test]
fn figures_that_a_contract_defines_equal_what_its_rules_compute() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = house(&world, &phone);
    arrive(&world, (&phone, &number), 12);
    let late = house(&world, &phone);
    world.host.pass(31 * MINUTE);
    let mut wanted = Sum::default();
    for case in [&number, &late] {
        let detail = crate::office::case(world.hub.store(), case, world.hub.now().wall).unwrap();
        let json = serde_json::to_value(detail).unwrap();
        for part in json["assessment"]["kpis"].as_array().unwrap() {
            if part["id"] == "deadline_attainment" {
                wanted.num += part["numerator"].as_i64().unwrap();
                wanted.den += part["denominator"].as_i64().unwrap();
            }
        }
    }
    assert_eq!(wanted, Sum { num: 1, den: 2 });
    assert_eq!(sum(&world, "deadline_attainment"), wanted);
}

#[test]
fn a_rebuild_changes_no_figure_and_no_table() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = house(&world, &phone);
    arrive(&world, (&phone, &number), 12);
    let all = |world: &World| -> Vec<Table> {
        let derived = crate::derived::ENTRIES.iter();
        derived.map(|entry| table(world, entry.id)).collect()
    };
    let before = all(&world);
    crate::desk::rebuild(world.hub.store()).unwrap();
    assert_eq!(before, all(&world));
}

#[test]
fn tables_have_the_columns_of_their_requirements() {
    let world = World::new();
    for (id, wanted) in [
        (
            "report_register",
            "报案时间 / 报案人姓名 / 联系方式 / 事故地点 / 事故情况 / 是否已传递信息",
        ),
        (
            "arrivals",
            "报案时间 / 事故地点 / 要求到达时间 / 实际到达时间 / 是否按时到达 / 原因分析",
        ),
        (
            "timeliness",
            "服务环节 / 规定时间 / 实际时间 / 是否超时 / 超时原因",
        ),
        (
            "reviews",
            "查勘人员 / 事故地点 / 受损房屋情况 / 定损金额 / 审核意见",
        ),
        ("archive", "资料名称 / 归档时间 / 保管方式 / 查询方式"),
        ("record_corrections", "问题记录 / 修正内容 / 修正责任人"),
        ("data_corrections", "问题数据 / 修正后数据 / 修正责任人"),
        (
            "statistics",
            "数据指标 / 统计时间段 / 数据值 / 分析结论 / 改进措施",
        ),
        (
            "coverage_analysis",
            "地区 / 预期参保户数 / 实际参保户数 / 参保比例 / 未参保原因分析 / 解决措施",
        ),
        (
            "claims",
            "理赔案件数量 / 理赔总金额 / 平均理赔金额 / 理赔时间分布",
        ),
        ("satisfaction", "满意度得分 / 评价等级 / 与预期目标差距"),
        ("evaluation", "评价指标 / 满意比例 / 不满意原因 / 改进措施"),
    ] {
        assert_eq!(headings(&table(&world, id)), wanted, "{id}");
    }
}

#[test]
fn the_report_register_leads_to_the_case_and_hides_the_phone() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = house(&world, &phone);
    let table = table(&world, "report_register");
    let row = &table.rows[0];
    assert_eq!(row.case.unwrap().number().to_string(), number);
    assert_eq!(row.cells[1], Cell::Text("赵甲".to_owned()));
    assert_eq!(row.cells[2], Cell::Text("139****1234".to_owned()));
    let told = Cell::Text("暴雨：夜间暴雨，后墙渗水".to_owned());
    assert_eq!(row.cells[4], told);
}

#[test]
fn a_step_without_a_number_in_the_contract_has_a_blank_limit_and_is_never_late() {
    let world = World::new();
    let phone = world.phone("a", 1);
    house(&world, &phone);
    world.host.pass(400 * 24 * 60 * MINUTE);
    let table = table(&world, "timeliness");
    assert_eq!(table.rows.len(), 5);
    for (at, row) in table.rows.iter().enumerate() {
        // Only the survey has a number: arrival within half an hour.
        let (due, late) = (&row.cells[1], &row.cells[3]);
        if at == 1 {
            assert_eq!(*late, Cell::Yes(true));
        } else {
            assert_eq!((due, late), (&Cell::Blank, &Cell::Blank), "step {at}");
        }
    }
}

#[test]
fn a_rating_of_a_callback_counts_at_once_and_so_does_its_correction() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = house(&world, &phone);
    let user = OfficeUser {
        roles: vec![OfficeRole::Dispatcher],
        ..OfficeUser::reviewer("客服", world.hub.now().wall)
    };
    let mut callback = said(&[
        ("customer", "赵甲"),
        ("phone", "13900001234"),
        ("paid", "800"),
        ("satisfaction", "satisfied"),
        ("attitude", "dissatisfied"),
        ("asked", "2026-11-20 09:40"),
        ("channel", "phone"),
    ]);
    callback.case = Some(number);
    let row = add(&world, ("claim_callbacks", &user), &callback).unwrap();
    assert_eq!(sum(&world, "satisfaction"), Sum { num: 1, den: 1 });
    let attitude = table(&world, "evaluation").rows[0].cells[1].clone();
    assert_eq!(attitude, Cell::Share(0, 1));
    let change = [("satisfaction", "dissatisfied")];
    super::register::correct(&world, (&row, &user), &change).unwrap();
    assert_eq!(sum(&world, "satisfaction"), Sum { num: 0, den: 1 });
}

#[test]
fn a_cause_that_somebody_wrote_stands_beside_the_delay() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = house(&world, &phone);
    arrive(&world, (&phone, &number), 45);
    let user = OfficeUser {
        roles: vec![OfficeRole::Dispatcher],
        ..OfficeUser::reviewer("客服", world.hub.now().wall)
    };
    let mut cause = said(&[("step", "arrival"), ("cause", "桥断绕行")]);
    cause.case = Some(number);
    add(&world, ("late_causes", &user), &cause).unwrap();
    let row = table(&world, "arrivals").rows.remove(0);
    assert_eq!(row.cells[5], Cell::Text("桥断绕行".to_owned()));
}

#[test]
fn a_replaced_value_stands_in_the_ledger_with_who_replaced_it() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = house(&world, &phone);
    phone
        .set_field(&number, "report.phone", "13800005678")
        .unwrap();
    world.sync(&phone);
    let rows = table(&world, "data_corrections").rows;
    let after = rows.iter().map(|row| row.cells[1].clone());
    assert!(
        after
            .into_iter()
            .any(|cell| cell == Cell::Text("138****5678".to_owned()))
    );
    assert_eq!(rows[0].cells[2], Cell::Text("a".to_owned()));
}

#[test]
fn the_board_leads_to_the_cases_behind_each_number() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = house(&world, &phone);
    arrive(&world, (&phone, &number), 12);
    let serving = served(&world);
    let password = person(&world, "李审核", OfficeRole::Reviewer);
    let visitor = visitor(serving.addr, "李审核", &password);
    let board = visitor.page("/console/kpi");
    let link = board
        .split("/console/kpi/arrival/numerator")
        .nth(1)
        .unwrap();
    let query = link.split('"').next().unwrap().replace("&amp;", "&");
    let list = visitor.page(&format!("/console/kpi/arrival/numerator{query}"));
    assert!(list.contains(&number));
    for (path, code) in [
        ("/console/kpi?from=yesterday", "BAD_DAY"),
        ("/console/kpi/nothing/numerator", "METRIC_UNKNOWN"),
        ("/console/kpi/arrival/above", "SIDE_UNKNOWN"),
        ("/console/kpi/arrival/numerator?after=x", "BAD_CURSOR"),
    ] {
        assert!(visitor.page(path).contains(code), "{path}");
    }
}

#[test]
fn a_denial_ends_the_clock_of_the_decision() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = house(&world, &phone);
    let at = world.hub.now().wall.0.to_string();
    phone
        .set_field(&number, "times.documents_complete_at", &at)
        .unwrap();
    world.sync(&phone);
    let user = OfficeUser::reviewer("李审核", world.hub.now().wall);
    let new =
        serde_json::from_value(serde_json::json!({ "action": "deny", "reason": "不属保险责任" }))
            .unwrap();
    let (hub, host) = (&world.hub, world.hub.host());
    crate::office::decide(hub.store(), hub.identity(), (&number, &user), (new, host)).unwrap();
    let rows = table(&world, "timeliness").rows;
    assert_eq!(rows[2].cells[2], Cell::Time(WallMs(world.hub.now().wall.0)));
}
