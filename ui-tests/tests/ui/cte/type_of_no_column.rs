use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct Flight {
    id: i64,
    carrier: String,
}

struct Settings;

#[derive(Cte)]
struct Load {
    carrier: String,
    settings: Settings,
}

fn main() {
    let _ = Load::CARRIER.eq("UA");
}
