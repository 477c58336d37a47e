//! One table of ratios, each measured side by side with its peer and checked as it runs.

mod allocation;
mod chain;
mod command;
mod gateway;
mod log;
mod operation;
mod peer;
mod race;
mod redact;
mod request;
mod rule;

use race::Row;

fn main() -> std::io::Result<()> {
    let mut words = std::env::args().skip(1);
    let only = words.next();
    // The programs that the load takes are this one, started with a part to play.
    if let Some(part) = only.as_deref().and_then(gateway::Part::named) {
        return part.play(words.collect());
    }
    let wanted = |names: &[&str]| only.as_deref().is_none_or(|only| names.contains(&only));
    let mut rows = Vec::new();
    if wanted(&["library", "sign"]) {
        request::run(&mut rows);
    }
    if wanted(&["library", "chain"]) {
        chain::run(&mut rows);
        command::run(&mut rows);
    }
    if wanted(&["library", "operation"]) {
        operation::run(&mut rows);
    }
    if wanted(&["library", "redact"]) {
        redact::run(&mut rows);
    }
    if wanted(&["gateway"]) {
        gateway::run(&mut rows);
    }
    print(&rows);
    let json: Vec<_> = rows.iter().map(Row::json).collect();
    std::fs::create_dir_all("../target")?;
    std::fs::write("../target/bench.json", serde_json::to_vec_pretty(&json)?)
}

fn print(rows: &[Row]) {
    println!("{:<46} {:>12} {:<6} {:<36} {:>7} {:>9}", "what", "value", "unit", "beside", "ratio", "target");
    for row in rows {
        let target = row.target.map_or("-".to_owned(), |target| target.to_string());
        let mark = match row.holds() {
            Some(false) => "  misses its target",
            _ => "",
        };
        println!(
            "{:<46} {:>12.1} {:<6} {:<36} {:>7.2} {:>9}{mark}",
            row.name, row.value, row.unit, row.peer, row.ratio, target
        );
    }
}
